// One agent: state and since when, what they are busy with, what they wished for, and what can be done.

import { Dropdown } from 'antd';
import { memo, useRef, useState } from 'react';
import type { Agent, Queue, Wish } from '../api/model';
import { useSkillWords } from '../app/skills';
import { Elapsed, Remaining } from '../time/counting';
import { useWords } from '../words/useWords';
import { type AgentAction, actionsFor, shortCall } from './figures';
import { useReasonWords } from './reasons';
import { StateMark } from './StateMark';
import type { AskAction } from './useAgentActions';

interface AgentRowProps {
  readonly agent: Agent;
  readonly callQueue: Queue | undefined;
  readonly inTabOrder: boolean;
  readonly onReach: (agent: string) => void;
  readonly onAction: AskAction;
}

export const AgentRow = memo(function AgentRow({ agent, callQueue, inTabOrder, onReach, onAction }: AgentRowProps) {
  const { say, inLanguage } = useWords();
  const reasonWords = useReasonWords();
  const skillWords = useSkillWords();
  const row = useRef<HTMLTableRowElement>(null);
  const [menuIsOpen, setMenuIsOpen] = useState(false);
  const actions = actionsFor(agent);
  const closeMenu = () => {
    setMenuIsOpen(false);
    row.current?.focus();
  };
  return (
    <tr
      ref={row}
      data-agent={agent.id}
      data-state={agent.state}
      tabIndex={inTabOrder ? 0 : -1}
      onFocus={() => onReach(agent.id)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && event.target === event.currentTarget && actions.length > 0) {
          event.preventDefault();
          setMenuIsOpen(true);
        }
      }}
    >
      <th scope="row" title={agent.phone === null ? undefined : `${say('agent.phone')}: ${agent.phone}`}>
        <span className="agent-name">{agent.name}</span> <small>{agent.id}</small>
      </th>
      <td>
        <span className={`agent-state state-${agent.state}`}>
          <StateMark state={agent.state} /> {say(`state.${agent.state}`)}
        </span>
        {agent.reason === '' ? null : <span className="reason"> {reasonWords(agent.reason)}</span>}
        {agent.until === null ? null : (
          <small className="ends-in">
            {' '}
            {say('agent.ends_in')} <Remaining until={agent.until} />
          </small>
        )}
      </td>
      <td className="number">
        <Elapsed since={agent.since} />
      </td>
      <td>
        {agent.call === null ? null : (
          <span title={say('caller.call', { call: agent.call })}>
            {callQueue === undefined ? null : inLanguage(callQueue.name)} <small>{shortCall(agent.call)}</small>
          </span>
        )}
        {agent.wish === null ? null : <WishMark wish={agent.wish} />}
      </td>
      <td className="skills" title={skillsInWords(agent, skillWords)}>
        {Object.entries(agent.skills).map(([skill, level]) => (
          <span key={skill}>
            {skillWords(skill)}&nbsp;<b>{level}</b>
          </span>
        ))}
      </td>
      <td className="number">{agent.answered}</td>
      <td>
        {actions.length === 0 ? null : (
          <ActionMenu
            agent={agent}
            actions={actions}
            isOpen={menuIsOpen}
            onOpen={() => setMenuIsOpen(true)}
            onClose={closeMenu}
            onAction={onAction}
          />
        )}
      </td>
    </tr>
  );
});

const skillsInWords = (agent: Agent, skillWords: (skill: string) => string) =>
  Object.entries(agent.skills)
    .map(([skill, level]) => `${skillWords(skill)} ${level}`)
    .join(', ');

function WishMark({ wish }: { wish: Wish }) {
  const { say } = useWords();
  const reasonWords = useReasonWords();
  const state = wish.state === 'signed_out' ? 'signed_out' : 'paused';
  return (
    <span className="wish">
      <StateMark state={state} /> {say(`agent.wish.${state}`)}
      {wish.reason === '' ? null : ` (${reasonWords(wish.reason)})`}
    </span>
  );
}

interface ActionMenuProps {
  readonly agent: Agent;
  readonly actions: readonly AgentAction[];
  readonly isOpen: boolean;
  readonly onOpen: () => void;
  readonly onClose: () => void;
  readonly onAction: AskAction;
}

/** Only the open menu is Ant Design's: hundreds of closed ones would make the table slow. */
function ActionMenu({ agent, actions, isOpen, onOpen, onClose, onAction }: ActionMenuProps) {
  const { say } = useWords();
  const button = (
    <button
      type="button"
      className="row-menu"
      tabIndex={-1}
      aria-label={say('agent.actions', { agent: agent.name })}
      aria-haspopup="menu"
      aria-expanded={isOpen}
      onClick={isOpen ? onClose : onOpen}
    >
      ⋯
    </button>
  );
  if (!isOpen) {
    return button;
  }
  const labels: Readonly<Record<AgentAction, string>> = {
    ready: say(
      ['talking', 'on_hold'].includes(agent.state) || agent.reason === 'fixed' ? 'action.take_back' : 'action.ready',
    ),
    pause: say('action.pause'),
    'sign-out': say('action.sign_out'),
  };
  return (
    <Dropdown
      open
      autoFocus
      trigger={['click']}
      placement="bottomRight"
      onOpenChange={(open) => {
        if (!open) {
          onClose();
        }
      }}
      menu={{
        items: actions.map((action) => ({ key: action, label: labels[action] })),
        onClick: ({ key }) => {
          onClose();
          onAction(agent, key as AgentAction);
        },
      }}
    >
      {button}
    </Dropdown>
  );
}
