// What is known of the opened recording: its call and its tags.

import type { Recording } from '../api/model';
import { useCentre } from '../app/CentreProvider';
import { useWords } from '../words/useWords';

interface RecordingFactsProps {
  readonly recording: Recording;
  readonly queueName: (id: string) => string;
}

export function RecordingFacts({ recording, queueName }: RecordingFactsProps) {
  const { say, language } = useWords();
  const { timeZone } = useCentre();
  const started = new Intl.DateTimeFormat(language, {
    dateStyle: 'full',
    timeStyle: 'medium',
    hourCycle: 'h23',
    timeZone,
  });
  return (
    <header className="facts">
      <h2>
        {recording.agent_name} <small>{recording.agent}</small> · {queueName(recording.queue)}
      </h2>
      <span>{started.format(recording.started_at * 1000)}</span>
      <code title={say('recording.call')}>{recording.call}</code>
      <dl aria-label={say('recording.tags')}>
        {Object.entries(recording.tags).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}
