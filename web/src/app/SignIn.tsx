// Asks for the access token and trades it for a session.

import { Alert, Button, Input } from 'antd';
import { type FormEvent, useState } from 'react';
import { ApiProblem } from '../api/http';
import { openSession } from '../api/session';
import { useWords } from '../words/useWords';
import { problemInWords } from './problemInWords';

interface SignInProps {
  readonly why?: string;
  readonly onSignedIn: () => void;
}

export function SignIn({ why, onSignedIn }: SignInProps) {
  const { say } = useWords();
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsking, setIsAsking] = useState(false);

  const signIn = async (event: FormEvent) => {
    event.preventDefault();
    setIsAsking(true);
    try {
      await openSession(token.trim());
      onSignedIn();
    } catch (error) {
      const refused = error instanceof ApiProblem && (error.status === 401 || error.status === 403);
      setProblem(refused ? say('access.wrong') : problemInWords(error, say));
    } finally {
      setIsAsking(false);
    }
  };

  return (
    <main className="sign-in">
      <form onSubmit={signIn}>
        <h1>{say('access.title')}</h1>
        {why === undefined ? null : <p>{why}</p>}
        <p>{say('access.explain')}</p>
        <Input.Password
          autoFocus
          autoComplete="current-password"
          aria-label={say('access.token')}
          placeholder={say('access.token')}
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        {problem === null ? null : <Alert type="error" showIcon title={problem} />}
        <Button type="primary" htmlType="submit" loading={isAsking} disabled={token.trim() === ''}>
          {say('access.open')}
        </Button>
      </form>
    </main>
  );
}
