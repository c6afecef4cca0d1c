// Names of queues and agents, for pages that do not follow the live stream.

import { ask } from './http';
import type { Agent, Page, Queue } from './model';

export const listQueues = (signal: AbortSignal) => ask<Page<Queue>>('GET', '/api/v1/queues', undefined, signal);
export const listAgents = (signal: AbortSignal) => ask<Page<Agent>>('GET', '/api/v1/agents', undefined, signal);
