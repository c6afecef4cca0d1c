// The strip on top of every page: where one is, where one can go, and in which language.

import { Segmented } from 'antd';
import type { MouseEvent, ReactNode } from 'react';
import type { Language } from '../api/model';
import { speak } from '../words/language';
import { useWords } from '../words/useWords';
import { goTo, PAGES, type PageName } from './pages';

interface HeaderProps {
  readonly page: PageName;
  /** What the page itself has to say up there. */
  readonly children?: ReactNode;
}

export function Header({ page, children }: HeaderProps) {
  const { say, language } = useWords();
  return (
    <header className="app-header">
      <span className="app-name">{say('app.name')}</span>
      <nav>
        {(Object.keys(PAGES) as PageName[]).map((name) => (
          <a key={name} href={PAGES[name]} aria-current={name === page ? 'page' : undefined} onClick={goWithoutLoading}>
            {say(`app.${name}`)}
          </a>
        ))}
      </nav>
      <div className="app-status">{children}</div>
      <Segmented<Language>
        size="small"
        aria-label={say('app.language')}
        value={language}
        onChange={speak}
        options={[
          { value: 'zh-CN', label: <span lang="zh-CN">中文</span> },
          { value: 'en', label: <span lang="en">English</span> },
        ]}
      />
    </header>
  );
}

/** A plain click stays in this page; with a key held the browser opens a tab or window, as it would anyway. */
function goWithoutLoading(event: MouseEvent<HTMLAnchorElement>): void {
  if (event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    goTo(event.currentTarget.pathname);
  }
}
