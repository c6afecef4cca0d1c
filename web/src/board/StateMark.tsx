// An agent's state as a shape and a colour; the word stands beside it or is its label. No two states share a shape.

import type { ReactNode } from 'react';
import type { AgentState } from '../api/model';
import './marks.css';

const SHAPES: Readonly<Record<AgentState, ReactNode>> = {
  ready: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  offered: (
    <>
      <path d="M8 2c-2.6 0-4 1.9-4 4.3V9L2.6 11.4h10.8L12 9V6.3C12 3.9 10.6 2 8 2z" fill="currentColor" />
      <path d="M6.3 13a1.8 1.8 0 0 0 3.4 0z" fill="currentColor" />
    </>
  ),
  talking: <path d="M2 2.5h12v8.5H8l-3.6 3v-3H2z" fill="currentColor" />,
  on_hold: (
    <path d="M2 2.5h12v8.5H8l-3.6 3v-3H2zM6 4.5v4.5M10 4.5v4.5" fill="none" stroke="currentColor" strokeWidth="1.7" />
  ),
  wrap_up: <path d="M10.8 1.8l3.4 3.4-8.4 8.4-4.3.9.9-4.3z" fill="currentColor" />,
  busy_elsewhere: <path d="M2.2 2.2a8 8 0 0 0 11.6 11.6l-2.6-3-2 1.4a9 9 0 0 1-5.4-5.4l1.4-2z" fill="currentColor" />,
  paused: <path d="M3 2h3.6v12H3zM9.4 2H13v12H9.4z" fill="currentColor" />,
  not_responding: (
    <>
      <path d="M8 1.2L15.4 14.4H.6z" fill="currentColor" />
      <path d="M8 5.6v4.2M8 11.4v1.5" stroke="#fff" strokeWidth="1.7" />
    </>
  ),
  signed_out: <path d="M3.2 3.2l9.6 9.6M12.8 3.2l-9.6 9.6" stroke="currentColor" strokeWidth="2" />,
};

export function StateMark({ state }: { state: AgentState }) {
  return (
    <svg className={`state-mark state-${state}`} viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[state]}
    </svg>
  );
}

/** The triangle that says: look here. It always stands beside words. */
export function WarningMark() {
  return (
    <svg className="warning-mark" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M8 1.2L15.4 14.4H.6z" fill="currentColor" />
      <path d="M8 5.6v4.2M8 11.4v1.5" stroke="#fff" strokeWidth="1.7" />
    </svg>
  );
}
