// The list of recordings: a row opens its recording, arrow keys go from row to row.

import { type KeyboardEvent, memo, useEffect, useRef } from 'react';
import type { Recording } from '../api/model';
import { useCentre } from '../app/CentreProvider';
import { moveBetweenRows } from '../app/rows';
import { useSkillWords } from '../app/skills';
import { clockwise } from '../time/duration';
import { languageInWords } from '../words/spokenLanguage';
import { useWords } from '../words/useWords';

interface RecordingTableProps {
  readonly items: readonly Recording[];
  readonly opened: string | null;
  readonly heard: ReadonlySet<string>;
  readonly queueName: (id: string) => string;
  readonly onOpen: (recording: Recording) => void;
}

export function RecordingTable({ items, opened, heard, queueName, onOpen }: RecordingTableProps) {
  const { say } = useWords();
  const inTabOrder = items.some((item) => item.id === opened) ? opened : items[0]?.id;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{say('recording.started')}</th>
          <th scope="col">{say('recording.queue')}</th>
          <th scope="col">{say('recording.agent')}</th>
          <th scope="col" className="number">
            {say('recording.wait')}
          </th>
          <th scope="col" className="number">
            {say('recording.duration')}
          </th>
          <th scope="col">{say('recording.ended_by')}</th>
          <th scope="col">{say('recording.skills')}</th>
          <th scope="col">{say('recording.language')}</th>
          <th scope="col">{say('recording.menu_path')}</th>
          <th scope="col" aria-label={say('sample.heard_mark')} />
        </tr>
      </thead>
      <tbody onKeyDown={moveBetweenRows}>
        {items.map((recording) => (
          <Row
            key={recording.id}
            recording={recording}
            queue={queueName(recording.queue)}
            isOpened={recording.id === opened}
            isHeard={heard.has(recording.id)}
            inTabOrder={recording.id === inTabOrder}
            onOpen={onOpen}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly recording: Recording;
  readonly queue: string;
  readonly isOpened: boolean;
  readonly isHeard: boolean;
  readonly inTabOrder: boolean;
  readonly onOpen: (recording: Recording) => void;
}

const Row = memo(function Row({ recording, queue, isOpened, isHeard, inTabOrder, onOpen }: RowProps) {
  const { say, language } = useWords();
  const skillWords = useSkillWords();
  const { timeZone } = useCentre();
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isOpened) {
      row.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [isOpened]);
  const started = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    hourCycle: 'h23',
    timeZone,
  });
  return (
    <tr
      ref={row}
      data-recording={recording.id}
      data-opened={isOpened ? '' : undefined}
      aria-selected={isOpened}
      tabIndex={inTabOrder ? 0 : -1}
      onClick={() => onOpen(recording)}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === 'Enter') {
          onOpen(recording);
        }
      }}
    >
      <td>{started.format(recording.started_at * 1000)}</td>
      <td>{queue}</td>
      <td>
        {recording.agent_name} <small>{recording.agent}</small>
      </td>
      <td className="number">{clockwise(Math.round(recording.wait_s))}</td>
      <td className="number">{recording.duration_s === null ? '–' : clockwise(Math.round(recording.duration_s))}</td>
      <td>{recording.ended_by === null ? '–' : say(`recording.ended.${recording.ended_by}`)}</td>
      <td>{recording.skills.map(skillWords).join(say('recording.comma'))}</td>
      <td>{languageInWords(recording.language, say)}</td>
      <td>{recording.menu_path.join(' › ')}</td>
      <td>
        {recording.state === 'complete' ? null : (
          <span className={`recording-state ${recording.state}`}>{say(`recording.state.${recording.state}`)}</span>
        )}
        {isHeard ? <span className="heard">✓ {say('sample.heard_mark')}</span> : null}
      </td>
    </tr>
  );
});
