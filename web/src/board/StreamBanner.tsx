// The banner that says that what stands below is not the present, why, and what is being done about it.

import { Button } from 'antd';
import { useCentre } from '../app/CentreProvider';
import { browser } from '../live/browser';
import type { LiveStream, StreamState } from '../live/stream';
import { useByClock } from '../time/counting';
import { useWords } from '../words/useWords';
import { WarningMark } from './StateMark';
import './banners.css';

interface StreamBannerProps {
  readonly stream: LiveStream;
  readonly state: Extract<StreamState, { kind: 'stopped' }>;
}

export function StreamBanner({ stream, state }: StreamBannerProps) {
  const { say } = useWords();
  const { timeOfDay } = useCentre();
  const { unknownSince, retryAt, why } = state;
  return (
    <div className="banner banner-stopped">
      <div role="alert" data-testid="stream-stopped">
        <WarningMark />{' '}
        <strong>
          {say('stream.stopped')}
          {unknownSince === null ? null : ` – ${say('stream.unknown_since', { time: timeOfDay(unknownSince) })}`}
        </strong>{' '}
        <span>
          ({say(`stream.why.${why}`)}){' '}
          {unknownSince === null ? say('stream.nothing_known') : say('stream.shown_is_old')}
        </span>
      </div>
      <span className="banner-next">
        {retryAt === null ? say('stream.trying') : <NextAttempt at={retryAt} />}
        <Button size="small" onClick={stream.connect}>
          {say('stream.try_now')}
        </Button>
      </span>
    </div>
  );
}

/** Counts down on the page's own clock: the service's stands still meanwhile. */
function NextAttempt({ at }: { at: number }) {
  const { say } = useWords();
  const seconds = useByClock(() => Math.max(0, Math.ceil(at - browser.now())));
  return <>{say('stream.next_attempt', { seconds })}</>;
}
