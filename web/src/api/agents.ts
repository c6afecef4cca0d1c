// What a supervisor can do to an agent.

import { ask } from './http';
import type { Agent } from './model';

const path = (agent: string, action: string) => `/api/v1/agents/${encodeURIComponent(agent)}/${action}`;

export const makeReady = (agent: string) => ask<Agent>('POST', path(agent, 'ready'));
export const pause = (agent: string, reason: string) => ask<Agent>('POST', path(agent, 'pause'), { reason });
export const signOut = (agent: string) => ask<Agent>('POST', path(agent, 'sign-out'));
