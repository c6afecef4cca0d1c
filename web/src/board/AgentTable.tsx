// The agents: found by name, number, skill, state or queue, and acted upon from their row, by mouse or keyboard.

import { Input, Select } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { AGENT_STATES, type Agent, type Call, type Queue } from '../api/model';
import { moveBetweenRows } from '../app/rows';
import { useSkillWords } from '../app/skills';
import { useWords } from '../words/useWords';
import { AgentRow } from './AgentRow';
import { type AgentFilter, listedAgents } from './figures';
import { Panel } from './Panel';
import type { AskAction } from './useAgentActions';
import './agents.css';

interface AgentTableProps {
  readonly agents: ReadonlyMap<string, Agent>;
  readonly calls: ReadonlyMap<string, Call>;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly queue: string | null;
  readonly unknownSince: number | null;
  readonly onAction: AskAction;
}

const SHORTCUT_TO_FILTER = '/';

export function AgentTable({ agents, calls, queues, queue, unknownSince, onAction }: AgentTableProps) {
  const { say, language } = useWords();
  const skillWords = useSkillWords();
  const [filter, setFilter] = useState<Omit<AgentFilter, 'queue'>>({ text: '', states: 'signed_in', order: 'state' });
  const [reached, setReached] = useState<string | null>(null);
  const listed = useMemo(
    () => listedAgents(agents.values(), { ...filter, queue }, language, skillWords),
    [agents, filter, queue, language, skillWords],
  );
  const inTabOrder = listed.some((agent) => agent.id === reached) ? reached : listed[0]?.id;
  const textField = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (event.key === SHORTCUT_TO_FILTER && !typing) {
        event.preventDefault();
        textField.current?.querySelector('input')?.focus();
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  const filters = (
    <div className="agent-filters" ref={textField}>
      <Input
        size="small"
        allowClear
        placeholder={say('agent.filter')}
        aria-label={say('agent.filter_label')}
        value={filter.text}
        onChange={(event) => setFilter({ ...filter, text: event.target.value })}
      />
      <Select
        size="small"
        aria-label={say('agent.state')}
        value={filter.states}
        onChange={(states) => setFilter({ ...filter, states })}
        options={[
          { value: 'signed_in' as const, label: say('agent.signed_in') },
          { value: 'all' as const, label: say('agent.all_states') },
          ...AGENT_STATES.map((state) => ({ value: state, label: say(`state.${state}`) })),
        ]}
      />
      <Select
        size="small"
        value={filter.order}
        onChange={(order) => setFilter({ ...filter, order })}
        options={(['state', 'name', 'since'] as const).map((order) => ({
          value: order,
          label: say(`agent.sort.${order}`),
        }))}
      />
    </div>
  );

  return (
    <Panel
      name="agents"
      title={say('agent.title')}
      unknownSince={unknownSince}
      beside={
        <>
          <span className="panel-count">{listed.length}</span>
          {filters}
        </>
      }
    >
      {listed.length === 0 ? (
        <p className="nothing">{say('agent.none')}</p>
      ) : (
        <table className="agents" title={say('agent.keys')}>
          <thead>
            <tr>
              <th scope="col">{say('agent.name')}</th>
              <th scope="col">{say('agent.state')}</th>
              <th scope="col" className="number">
                {say('agent.since')}
              </th>
              <th scope="col">{say('agent.call')}</th>
              <th scope="col">{say('agent.skills')}</th>
              <th scope="col" className="number" title={say('agent.answered_help')}>
                {say('agent.answered')}
              </th>
              <th scope="col" aria-label={say('agent.actions', { agent: '' })} />
            </tr>
          </thead>
          <tbody onKeyDown={moveBetweenRows}>
            {listed.map((agent) => {
              const call = agent.call === null ? undefined : calls.get(agent.call);
              return (
                <AgentRow
                  key={agent.id}
                  agent={agent}
                  callQueue={call === undefined ? undefined : queues.get(call.queue)}
                  inTabOrder={agent.id === inTabOrder}
                  onReach={setReached}
                  onAction={onAction}
                />
              );
            })}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
