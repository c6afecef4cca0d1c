// The recordings: filters above, the list or a drawn sample in the middle, the player below.

import { Button } from 'antd';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiProblem } from '../api/http';
import type { Recording } from '../api/model';
import { CentreProvider } from '../app/CentreProvider';
import { Header } from '../app/Header';
import { problemInWords } from '../app/problemInWords';
import { SignIn } from '../app/SignIn';
import { useWords } from '../words/useWords';
import { FilterBar } from './FilterBar';
import { Player } from './Player';
import { RecordingTable } from './RecordingTable';
import './recordings.css';
import { SampleBar } from './SampleBar';
import { useChoices } from './useChoices';
import { useFound } from './useFound';
import { useHeard } from './useHeard';
import { useKeys } from './useKeys';
import { useLook } from './useLook';
import { useOpened } from './useOpened';

export default function RecordingsPage() {
  const { say } = useWords();
  const [signedIn, setSignedIn] = useState(0);
  useEffect(() => {
    document.title = `${say('app.recordings')} – ${say('app.name')}`;
  }, [say]);
  return (
    <>
      <Header page="recordings" />
      {/* A new session starts everything here anew. */}
      <CentreProvider occasion={`session ${signedIn}`}>
        <Recordings key={signedIn} onSignedIn={() => setSignedIn(signedIn + 1)} />
      </CentreProvider>
    </>
  );
}

function Recordings({ onSignedIn }: { onSignedIn: () => void }) {
  const { say } = useWords();
  const [look, setLook] = useLook();
  const { found, again, more } = useFound(look.search, look.draw);
  const choices = useChoices();
  const { heard, markHeard } = useHeard();
  const items = found.kind === 'found' ? found.items : [];
  const opened = useOpened(look.opened, items);
  // What is opened by hand is played; what an address opened waits for its listener.
  const wantsPlay = useRef(false);

  const open = useCallback(
    (recording: Recording) => {
      wantsPlay.current = true;
      setLook({ ...look, opened: recording.id });
    },
    [look, setLook],
  );
  const position = items.findIndex((item) => item.id === look.opened);
  const openBeside = (step: 1 | -1) => {
    const beside = items[position + step];
    if (beside !== undefined) {
      open(beside);
    }
  };

  useKeys({ next: () => openBeside(1), previous: () => openBeside(-1) });

  if (found.kind === 'failed' && found.problem instanceof ApiProblem && found.problem.asksForToken) {
    return <SignIn onSignedIn={onSignedIn} />;
  }
  return (
    <main className="recordings">
      <FilterBar
        search={look.search}
        choices={choices}
        onSearch={(search) => setLook({ ...look, search, opened: null })}
      />
      <SampleBar
        key={`${look.draw?.per_agent} ${look.draw?.seed}`}
        draw={look.draw}
        found={found}
        position={position}
        heard={items.filter((item) => heard.has(item.id)).length}
        onDraw={(draw) => setLook({ ...look, draw, opened: null })}
        onMove={openBeside}
      />
      <section className="recording-list" aria-label={say('recording.title')}>
        {found.kind === 'looking' ? <p className="nothing">{say('recording.loading')}</p> : null}
        {found.kind === 'failed' ? (
          <div role="alert" className="failed">
            <p>
              {say(look.draw === null ? 'recording.list_failed' : 'sample.failed')} {problemInWords(found.problem, say)}
            </p>
            <Button onClick={again}>{say('problem.again')}</Button>
          </div>
        ) : null}
        {found.kind === 'found' && items.length === 0 ? (
          <p className="nothing">{say(look.draw === null ? 'recording.none' : 'sample.empty')}</p>
        ) : null}
        {items.length === 0 ? null : (
          <RecordingTable
            items={items}
            opened={look.opened}
            heard={heard}
            queueName={choices.queueName}
            onOpen={open}
          />
        )}
        {found.kind === 'found' && found.next !== null ? (
          <Button className="more" onClick={more}>
            {say('recording.more')}
          </Button>
        ) : null}
      </section>
      {opened === null ? (
        <p className="player nothing">{say('recording.pick')}</p>
      ) : (
        <Player
          key={opened.id}
          recording={opened}
          startsPlaying={wantsPlay.current}
          queueName={choices.queueName}
          onHeard={markHeard}
        />
      )}
    </main>
  );
}
