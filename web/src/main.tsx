// Where the pages begin: the token leaves the address before anything else happens.

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { openSession, tokenInFragment } from './api/session';
import { App } from './app/App';
import './app/app.css';
import { beginToSpeak } from './words/language';

async function signInFromAddress(): Promise<void> {
  const found = tokenInFragment(window.location.hash);
  if (found === null) {
    return;
  }
  window.history.replaceState(null, '', window.location.pathname + window.location.search + found.rest);
  // Where the token is wrong or the service away, the page itself finds out and asks.
  await openSession(found.token).catch(() => undefined);
}

beginToSpeak();
const place = document.getElementById('root');
if (place === null) {
  throw new Error('index.html has no element "root"');
}
await signInFromAddress();
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
