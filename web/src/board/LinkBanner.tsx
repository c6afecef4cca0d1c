// The service's own links: what is not known or not passed on while one of them is down.

import type { Link, Links } from '../api/model';
import { useCentre } from '../app/CentreProvider';
import { useWords } from '../words/useWords';
import { WarningMark } from './StateMark';

type Means = 'ami' | 'redis' | 'mqtt';

export function LinkBanner({ links }: { links: Links }) {
  const { say } = useWords();
  const { timeOfDay } = useCentre();
  const named: { means: Means; name: string; link: Link | null }[] = [
    ...Object.entries(links.ami).map(([node, link]) => ({
      means: 'ami' as const,
      name: say('link.asterisk', { node }),
      link,
    })),
    { means: 'redis', name: say('link.redis'), link: links.redis },
    { means: 'mqtt', name: say('link.mqtt'), link: links.mqtt },
  ];
  return named.map(({ means, name, link }) =>
    link === null || link.up ? null : (
      <div key={name} className="banner banner-link" role="alert" data-link={name}>
        <WarningMark /> <strong>{say('link.down', { link: name, time: timeOfDay(link.since) })}</strong>{' '}
        <span>{say(`link.means.${means}`)}</span>
      </div>
    ),
  );
}
