// The frame around the pages: language, looks, and which page is shown.

import { App as AntApp, ConfigProvider, theme } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { lazy, Suspense } from 'react';
import BoardPage from '../board/BoardPage';
import { useWords } from '../words/useWords';
import { PageGuard } from './PageGuard';
import { usePage } from './pages';

// The player and the date picker are only loaded by those who listen to recordings.
const RecordingsPage = lazy(() => import('../recordings/RecordingsPage'));

const looks = {
  algorithm: theme.compactAlgorithm,
  token: { colorPrimary: '#0b5cad', borderRadius: 4, fontSize: 14, fontFamily: 'inherit', motion: false },
};

export function App() {
  const page = usePage();
  const { language } = useWords();
  return (
    <ConfigProvider locale={language === 'zh-CN' ? zhCN : enUS} theme={looks} button={{ autoInsertSpace: false }}>
      <AntApp className="app" notification={{ placement: 'bottomLeft' }}>
        <PageGuard key={page}>
          <Suspense>{page === 'recordings' ? <RecordingsPage /> : <BoardPage />}</Suspense>
        </PageGuard>
      </AntApp>
    </ConfigProvider>
  );
}
