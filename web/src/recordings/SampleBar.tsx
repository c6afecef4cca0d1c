// Drawing a sample, and the way through it.

import { Button, InputNumber } from 'antd';
import { type FormEvent, useState } from 'react';
import { useWords } from '../words/useWords';
import { Field } from './Field';
import type { Draw } from './look';
import type { Found } from './useFound';

interface SampleBarProps {
  readonly draw: Draw | null;
  readonly found: Found;
  /** Which of the found ones is opened, from 0; -1 where none is. */
  readonly position: number;
  /** How many of the found ones were heard. */
  readonly heard: number;
  /** Null goes back to the list. */
  readonly onDraw: (draw: Draw | null) => void;
  readonly onMove: (step: 1 | -1) => void;
}

const FIRST_DRAW: Draw = { per_agent: 2, seed: 1 };

export function SampleBar({ draw, found, position, heard, onDraw, onMove }: SampleBarProps) {
  const { say } = useWords();
  const [wanted, setWanted] = useState<Draw>(draw ?? FIRST_DRAW);
  const drawIt = (event: FormEvent) => {
    event.preventDefault();
    onDraw(wanted);
  };
  const count = found.kind === 'found' ? found.items.length : 0;
  return (
    <section className="sample-bar" aria-label={say('sample.title')} data-drawn={draw === null ? undefined : ''}>
      <form onSubmit={drawIt}>
        <strong>{say('sample.title')}</strong>
        <Field name={say('sample.per_agent')}>
          <InputNumber
            aria-label={say('sample.per_agent')}
            min={1}
            precision={0}
            value={wanted.per_agent}
            onChange={(per_agent) => setWanted({ ...wanted, per_agent: per_agent ?? FIRST_DRAW.per_agent })}
          />
        </Field>
        <Field name={say('sample.seed')} help={say('sample.seed_help')}>
          <InputNumber
            aria-label={say('sample.seed')}
            min={0}
            precision={0}
            value={wanted.seed}
            onChange={(seed) => setWanted({ ...wanted, seed: seed ?? FIRST_DRAW.seed })}
          />
        </Field>
        <Button htmlType="submit" type={draw === null ? 'default' : 'primary'}>
          {say('sample.draw')}
        </Button>
        {draw === null ? null : <Button onClick={() => onDraw(null)}>{say('sample.end')}</Button>}
      </form>
      {found.kind !== 'found' ? null : draw === null ? (
        <span className="count">{say('recording.count', { count })}</span>
      ) : (
        <div className="sample-way">
          <span className="count">
            {position < 0 ? null : `${say('sample.position', { position: position + 1, count })} · `}
            {say('sample.heard', { heard, count })} · {say('sample.drawn_from', { count: found.drawnFrom ?? 0 })}
          </span>
          <Button disabled={position <= 0} onClick={() => onMove(-1)}>
            {say('sample.previous')}
          </Button>
          <Button type="primary" disabled={position >= count - 1} onClick={() => onMove(1)}>
            {say('sample.next')}
          </Button>
        </div>
      )}
    </section>
  );
}
