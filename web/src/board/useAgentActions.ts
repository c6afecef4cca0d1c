// Carrying out what a supervisor asks of an agent, and saying in words what came of it.

import { App } from 'antd';
import { useCallback } from 'react';
import { makeReady, pause, signOut } from '../api/agents';
import type { Agent } from '../api/model';
import { problemInWords } from '../app/problemInWords';
import { useWords } from '../words/useWords';
import type { AgentAction } from './figures';

/** Ask for an action on an agent. */
export type AskAction = (agent: Agent, action: AgentAction) => void;

/** An action with all that it needs, ready to be carried out. */
export type Order =
  | { readonly action: 'ready' }
  | { readonly action: 'pause'; readonly reason: string }
  | { readonly action: 'sign-out' };

function carryOut(agent: string, order: Order): Promise<Agent> {
  switch (order.action) {
    case 'ready':
      return makeReady(agent);
    case 'pause':
      return pause(agent, order.reason);
    case 'sign-out':
      return signOut(agent);
  }
}

export function useAgentActions(): (agent: Agent, order: Order) => Promise<void> {
  const { notification, message } = App.useApp();
  const { say } = useWords();
  return useCallback(
    async (agent: Agent, order: Order) => {
      const who = { agent: agent.name };
      try {
        const after = await carryOut(agent.id, order);
        message.success(say(after.wish === null ? `action.done.${order.action}` : 'action.done.after_call', who));
      } catch (problem) {
        notification.error({
          title: say(`action.failed.${order.action}`, who),
          description: problemInWords(problem, say),
          // It stays until it is read: a supervisor may be looking elsewhere.
          duration: 0,
        });
      }
    },
    [message, notification, say],
  );
}
