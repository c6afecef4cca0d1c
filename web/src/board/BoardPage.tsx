// The live board: one stream, five panels, and the banners that say when they cannot be trusted.

import { useCallback, useEffect, useState } from 'react';
import type { Agent } from '../api/model';
import { CentreProvider } from '../app/CentreProvider';
import { Header } from '../app/Header';
import { SignIn } from '../app/SignIn';
import type { Board } from '../live/board';
import { ServerNow, useLiveState, useLiveStream } from '../live/browser';
import { CountsUntil, TimeNow } from '../time/counting';
import { useWords } from '../words/useWords';
import { PauseDialog, SignOutDialog } from './ActionDialogs';
import { AgentTable } from './AgentTable';
import './board.css';
import { CallerList } from './CallerList';
import { EventList } from './EventList';
import { type AgentAction, allCallsUnknownSince, figuresUnknownSince } from './figures';
import { GlanceStrip } from './Glance';
import { LinkBanner } from './LinkBanner';
import { QueueTable } from './QueueTable';
import { StreamBanner } from './StreamBanner';
import { useAgentActions } from './useAgentActions';

export default function BoardPage() {
  const stream = useLiveStream();
  const { board, stream: state } = useLiveState(stream);
  const { say } = useWords();
  const waiting = board === null ? 0 : [...board.queues.values()].reduce((sum, queue) => sum + queue.waiting, 0);
  const stopped = state.kind === 'stopped';

  // Seen in the browser's tab when another one is in front.
  useEffect(() => {
    const mark = stopped ? '⚠ ' : waiting > 0 ? `(${waiting}) ` : '';
    document.title = `${mark}${say('app.board')} – ${say('app.name')}`;
  }, [stopped, waiting, say]);

  return (
    <ServerNow value={stream.serverNow}>
      <CentreProvider occasion={board?.run ?? null}>
        <Header page="board">
          {state.kind === 'live' ? (
            <span className="live-mark">
              <span className="live-dot" /> {say('stream.live')}
            </span>
          ) : null}
          {board === null || stopped ? null : <TimeNow />}
        </Header>
        {stopped ? <StreamBanner stream={stream} state={state} /> : null}
        {board === null || stopped ? null : <LinkBanner links={board.links} />}
        {state.kind === 'token-needed' ? (
          <SignIn why={say('stream.token_needed')} onSignedIn={stream.connect} />
        ) : board === null ? (
          <main className="page-message">{state.kind === 'connecting' ? say('stream.connecting') : null}</main>
        ) : (
          <Panels board={board} streamUnknownSince={stopped ? state.unknownSince : null} />
        )}
      </CentreProvider>
    </ServerNow>
  );
}

interface PanelsProps {
  readonly board: Board;
  readonly streamUnknownSince: number | null;
}

function Panels({ board, streamUnknownSince }: PanelsProps) {
  const [queue, setQueue] = useState<string | null>(null);
  const [asked, setAsked] = useState<{ agent: Agent; action: AgentAction } | null>(null);
  const order = useAgentActions();
  const onAction = useCallback(
    (agent: Agent, action: AgentAction) => {
      if (action === 'ready') {
        void order(agent, { action });
      } else {
        setAsked({ agent, action });
      }
    },
    [order],
  );
  const close = () => setAsked(null);
  const figuresSince = streamUnknownSince ?? figuresUnknownSince(board.links);
  const chosen = queue !== null && board.queues.has(queue) ? queue : null;
  return (
    <main className="board">
      <CountsUntil unknownSince={figuresSince}>
        <GlanceStrip queues={board.queues} agents={board.agents} stale={figuresSince !== null} />
      </CountsUntil>
      <QueueTable queues={board.queues} chosen={chosen} onChoose={setQueue} unknownSince={figuresSince} />
      <CallerList
        calls={board.calls}
        queues={board.queues}
        agents={board.agents}
        links={board.links}
        queue={chosen}
        unknownSince={streamUnknownSince ?? allCallsUnknownSince(board.links)}
      />
      <AgentTable
        agents={board.agents}
        calls={board.calls}
        queues={board.queues}
        queue={chosen}
        unknownSince={figuresSince}
        onAction={onAction}
      />
      <EventList
        happenings={board.happenings}
        agents={board.agents}
        queues={board.queues}
        unknownSince={streamUnknownSince}
      />
      {asked?.action === 'pause' ? (
        <PauseDialog
          agent={asked.agent}
          onClose={close}
          onPause={(reason) => {
            close();
            void order(asked.agent, { action: 'pause', reason });
          }}
        />
      ) : null}
      {asked?.action === 'sign-out' ? (
        <SignOutDialog
          agent={asked.agent}
          onClose={close}
          onSignOut={() => {
            close();
            void order(asked.agent, { action: 'sign-out' });
          }}
        />
      ) : null}
    </main>
  );
}
