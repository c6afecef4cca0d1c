// One panel of the board: its title, what belongs beside it, and since when its content is unknown.

import type { ReactNode } from 'react';
import { useCentre } from '../app/CentreProvider';
import { CountsUntil } from '../time/counting';
import { useWords } from '../words/useWords';
import { WarningMark } from './StateMark';

interface PanelProps {
  readonly name: string;
  readonly title: string;
  /** Since when what it shows is unknown (the service's clock); null while it is live. */
  readonly unknownSince: number | null;
  readonly beside?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ name, title, unknownSince, beside, children }: PanelProps) {
  const heading = `${name}-heading`;
  return (
    <section
      className={`panel panel-${name}`}
      aria-labelledby={heading}
      data-stale={unknownSince === null ? undefined : ''}
    >
      <header className="panel-head">
        <h2 id={heading}>{title}</h2>
        {unknownSince === null ? null : <UnknownSince since={unknownSince} />}
        {beside}
      </header>
      <div className="panel-body">
        <CountsUntil unknownSince={unknownSince}>{children}</CountsUntil>
      </div>
    </section>
  );
}

export function UnknownSince({ since }: { since: number }) {
  const { say } = useWords();
  const { timeOfDay } = useCentre();
  return (
    <span className="unknown-since">
      <WarningMark /> {say('stream.unknown_since', { time: timeOfDay(since) })}
    </span>
  );
}
