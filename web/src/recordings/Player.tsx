// One recording: its waveform in two lanes, caller above agent, its controls and keys, and all that is known of it.

import { Button, Segmented } from 'antd';
import { type MouseEvent, useEffect, useState } from 'react';
import type { Recording } from '../api/model';
import { audioAddress, faxAddress } from '../api/recordings';
import { clockwise } from '../time/duration';
import { useWords } from '../words/useWords';
import { nextSpeed, SPEEDS, type Speed, STEP_S } from './playerKeys';
import { RecordingFacts } from './RecordingFacts';
import { useKeys } from './useKeys';
import { Waveform } from './Waveform';

interface PlayerProps {
  readonly recording: Recording;
  readonly startsPlaying: boolean;
  readonly queueName: (id: string) => string;
  readonly onHeard: (id: string) => void;
}

/** Who has come so far has heard it: endings are often a long silence. */
const HEARD_SHARE = 0.9;

export function Player({ recording, startsPlaying, queueName, onHeard }: PlayerProps) {
  const { say } = useWords();
  return (
    <section className="player" aria-label={say('player.title')}>
      <RecordingFacts recording={recording} queueName={queueName} />
      {recording.has_audio ? (
        <Sound recording={recording} startsPlaying={startsPlaying} onHeard={onHeard} />
      ) : recording.pages === null ? (
        <p className="nothing" role="alert">
          {say(recording.state === 'recording' ? 'player.not_yet' : 'player.no_sound')}
        </p>
      ) : (
        <Fax id={recording.id} pages={recording.pages} />
      )}
    </section>
  );
}

function Fax({ id, pages }: { readonly id: string; readonly pages: number }) {
  const { say } = useWords();
  return (
    <p>
      {pages > 0 ? say('player.fax', { pages }) : say('player.damaged_fax')}{' '}
      {pages > 0 ? (
        <Button type="link" href={faxAddress(id, 'pdf')} target="_blank" rel="noopener">
          {say('player.pdf')}
        </Button>
      ) : null}
      <Button type="link" href={faxAddress(id, 'tiff')}>
        {say('player.tiff')}
      </Button>
    </p>
  );
}

function Sound({ recording, startsPlaying, onHeard }: Omit<PlayerProps, 'queueName'>) {
  const { say } = useWords();
  const [media, setMedia] = useState<HTMLAudioElement | null>(null);
  const [isPlaying, setIsPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(recording.duration_s ?? 0);
  const [speed, setSpeed] = useState<Speed>(1);
  const [isBroken, setIsBroken] = useState(false);

  const toggle = () => {
    if (media?.paused) {
      // A browser that does not let a page play by itself leaves it to the listener to press play.
      media.play().catch(() => undefined);
    } else {
      media?.pause();
    }
  };
  const skip = (seconds: number) => {
    if (media !== null) {
      media.currentTime = Math.min(Math.max(0, media.currentTime + seconds), media.duration || 0);
    }
  };
  const orders = {
    toggle,
    back: () => skip(-STEP_S),
    forward: () => skip(STEP_S),
    slower: () => setSpeed(nextSpeed(speed, 'slower')),
    faster: () => setSpeed(nextSpeed(speed, 'faster')),
  };
  useKeys(orders);

  useEffect(() => {
    if (media !== null) {
      media.playbackRate = speed;
    }
  }, [media, speed]);

  const onProgress = (element: HTMLAudioElement) => {
    setAt(element.currentTime);
    if (element.duration > 0 && element.currentTime >= element.duration * HEARD_SHARE) {
      onHeard(recording.id);
    }
  };

  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: a recorded call has no captions */}
      <audio
        ref={setMedia}
        src={audioAddress(recording.id)}
        preload="metadata"
        autoPlay={startsPlaying}
        onPlay={() => setIsPlaying(true)}
        onPause={() => setIsPlaying(false)}
        onLoadedMetadata={(event) => setLength(event.currentTarget.duration)}
        onTimeUpdate={(event) => onProgress(event.currentTarget)}
        onSeeked={(event) => setAt(event.currentTarget.currentTime)}
        onError={() => setIsBroken(true)}
      />
      {media === null ? null : <Waveform recording={recording.id} media={media} />}
      {isBroken ? (
        <p className="failed" role="alert">
          {say('player.no_audio')}
        </p>
      ) : null}
      <div className="player-controls" role="toolbar" aria-label={say('player.title')} onMouseDown={keepFocus}>
        <Button onClick={orders.back} aria-label={say('player.back', { seconds: STEP_S })}>
          −{STEP_S} s
        </Button>
        <Button type="primary" className="play" onClick={toggle} aria-pressed={isPlaying}>
          {isPlaying ? `❚❚ ${say('player.pause')}` : `▶ ${say('player.play')}`}
        </Button>
        <Button onClick={orders.forward} aria-label={say('player.forward', { seconds: STEP_S })}>
          +{STEP_S} s
        </Button>
        <span className="player-time" data-testid="player-time">
          {clockwise(at)} / {clockwise(length)}
        </span>
        <Segmented<Speed>
          aria-label={say('player.speed')}
          value={speed}
          onChange={setSpeed}
          options={SPEEDS.map((value) => ({ value, label: `${value}×` }))}
        />
        <small className="keys">{say('player.keys', { seconds: STEP_S })}</small>
      </div>
    </>
  );
}

/** A click on a control does not take the focus, so that the player's keys go on working. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault();
}
