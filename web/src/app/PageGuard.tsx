// A page that runs into an error says so: a blank or frozen board would be taken for a quiet one.

import { Component, type ReactNode } from 'react';
import { useWords } from '../words/useWords';

interface PageGuardState {
  readonly error: unknown;
}

export class PageGuard extends Component<{ readonly children: ReactNode }, PageGuardState> {
  override state: PageGuardState = { error: null };

  static getDerivedStateFromError(error: unknown): PageGuardState {
    return { error };
  }

  override render() {
    return this.state.error === null ? this.props.children : <PageBroke error={this.state.error} />;
  }
}

function PageBroke({ error }: { error: unknown }) {
  const { say } = useWords();
  return (
    <main className="page-message" role="alert">
      <p>{say('app.page_broke')}</p>
      <pre>{String(error)}</pre>
      <button type="button" onClick={() => window.location.reload()}>
        {say('app.reload')}
      </button>
    </main>
  );
}
