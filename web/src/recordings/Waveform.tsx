// The waveform of a recording, drawn by wavesurfer from the peaks the service made: the caller's lane above the agent's.

import { useEffect, useRef, useState } from 'react';
import WaveSurfer from 'wavesurfer.js';
import { getPeaks } from '../api/recordings';
import { useWords } from '../words/useWords';

interface WaveformProps {
  readonly recording: string;
  readonly media: HTMLMediaElement;
}

const LANE_PX = 56;
const CALLER = { waveColor: '#9cc3e6', progressColor: '#0b5cad', height: LANE_PX };
const AGENT = { waveColor: '#e8c48c', progressColor: '#a85f00', height: LANE_PX };

export function Waveform({ recording, media }: WaveformProps) {
  const { say } = useWords();
  const place = useRef<HTMLDivElement>(null);
  const [isMissing, setIsMissing] = useState(false);
  useEffect(() => {
    const container = place.current;
    if (container === null) {
      return;
    }
    const leaving = new AbortController();
    let drawn: WaveSurfer | null = null;
    getPeaks(recording, leaving.signal)
      .then(({ left, right, seconds_per_peak }) => {
        drawn = WaveSurfer.create({
          container,
          media,
          peaks: [[...left], [...right]],
          duration: left.length * seconds_per_peak,
          splitChannels: [CALLER, AGENT],
          cursorColor: '#17324d',
          cursorWidth: 2,
          // Both lanes by the same measure, so that who speaks softly looks it.
          normalize: false,
          dragToSeek: true,
        });
      })
      .catch(() => setIsMissing(!leaving.signal.aborted));
    return () => {
      leaving.abort();
      drawn?.destroy();
    };
  }, [recording, media]);
  return (
    <>
      <div className="waveform">
        <div className="lanes" aria-hidden="true">
          <span className="lane-caller">{say('player.caller')}</span>
          <span className="lane-agent">{say('player.agent')}</span>
        </div>
        <div ref={place} className="waves" data-testid="waveform" />
      </div>
      {isMissing ? <p role="status">{say('player.no_peaks')}</p> : null}
    </>
  );
}
