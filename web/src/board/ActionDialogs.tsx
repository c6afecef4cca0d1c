// What is asked before an agent is paused or signed out.

import { Modal, Radio } from 'antd';
import { useState } from 'react';
import type { Agent } from '../api/model';
import { useCentre } from '../app/CentreProvider';
import { useWords } from '../words/useWords';
import { busyWithCall } from './figures';

interface DialogProps {
  readonly agent: Agent;
  readonly onClose: () => void;
}

interface PauseDialogProps extends DialogProps {
  readonly onPause: (reason: string) => void;
}

export function PauseDialog({ agent, onPause, onClose }: PauseDialogProps) {
  const { say, inLanguage } = useWords();
  const { pauseReasons } = useCentre();
  const [reason, setReason] = useState<string>(pauseReasons[0]?.name ?? '');
  const confirm = () => {
    if (reason !== '') {
      onPause(reason);
    }
  };
  return (
    <Modal
      open
      closable={false}
      width={460}
      title={say('action.pause_title', { agent: agent.name })}
      okText={say('action.pause_do')}
      cancelText={say('action.cancel')}
      okButtonProps={{ disabled: reason === '' }}
      onOk={confirm}
      onCancel={onClose}
    >
      <div className="pause-reasons">
        <Radio.Group
          aria-label={say('action.pause_reason')}
          value={reason}
          onChange={(event) => setReason(String(event.target.value))}
          options={pauseReasons.map(({ name, label }) => ({ value: name, label: inLanguage(label) }))}
        />
      </div>
      {busyWithCall(agent) ? <p>{say('action.pause_in_call')}</p> : null}
    </Modal>
  );
}

interface SignOutDialogProps extends DialogProps {
  readonly onSignOut: () => void;
}

export function SignOutDialog({ agent, onSignOut, onClose }: SignOutDialogProps) {
  const { say } = useWords();
  return (
    <Modal
      open
      closable={false}
      width={440}
      title={say('action.sign_out_title', { agent: agent.name })}
      okText={say('action.sign_out_do')}
      cancelText={say('action.cancel')}
      okButtonProps={{ danger: true }}
      onOk={onSignOut}
      onCancel={onClose}
    >
      <p>{say(busyWithCall(agent) ? 'action.sign_out_in_call' : 'action.sign_out_explain')}</p>
    </Modal>
  );
}
