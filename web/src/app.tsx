import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Announcer } from './components/announcer.tsx';
import { PageState } from './components/page-state.tsx';
import { ago } from './format.ts';
import { language, speak, t } from './i18n.ts';
import { go, overviewPath, route } from './router.ts';
import { now } from './state/clock.ts';
import { key, signIn, signOut } from './state/session.ts';
import { connection, loaded } from './state/sync.ts';
import { Overview } from './views/overview.tsx';
import { ProjectView } from './views/project.tsx';
import { SignIn } from './views/sign-in.tsx';
import { TaskView } from './views/task.tsx';

export const App = () => {
  const main = useRef<HTMLElement>(null);
  const shown = useRef('');
  const toSearch = useRef(false);
  useSignalEffect(() => {
    document.documentElement.lang = language.value;
  });
  const at = route.value;
  const where = `${at.name} ${'id' in at ? at.id : ''}`;
  useEffect(() => {
    // Screen readers announce the new page; on the first load the browser does that itself.
    const search = toSearch.current ? document.getElementById('q') : null;
    toSearch.current = false;
    if (search !== null) search.focus();
    else if (shown.current !== '' && shown.current !== where) main.current?.focus({ preventScroll: true });
    shown.current = where;
  }, [where]);
  useEffect(() => {
    const slash = (event: KeyboardEvent) => {
      const inField =
        event.target instanceof Element && event.target.closest('input, select, textarea') !== null;
      if (event.key !== '/' || inField || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (route.peek().name === 'overview') document.getElementById('q')?.focus();
      else {
        toSearch.current = true;
        go(overviewPath);
      }
    };
    addEventListener('keydown', slash);
    return () => removeEventListener('keydown', slash);
  }, []);
  return (
    <>
      <a class="skip" href="#main">
        {t.value.toContent}
      </a>
      <Header />
      <main id="main" ref={main} tabIndex={-1}>
        <Lost />
        <View />
      </main>
      <Announcer />
    </>
  );
};

const View = () => {
  if (signIn.value !== 'no') return <SignIn />;
  const at = route.value;
  switch (at.name) {
    case 'overview':
      return <Overview />;
    case 'task':
      return <TaskView key={at.id} id={at.id} />;
    case 'project':
      return <ProjectView key={at.id} id={at.id} />;
    case 'nowhere':
      return <PageState title={t.value.notFoundPage} help={t.value.notFoundHelp} />;
    default:
      return at satisfies never;
  }
};

const Header = () => (
  <header class="header">
    <a class="brand" href={overviewPath} aria-label={`Miyabi — ${t.value.overview}`}>
      <img src={`${import.meta.env.BASE_URL}seal.svg`} alt="" width="30" height="30" />
      <span>Miyabi</span>
    </a>
    <div class="header-side">
      {signIn.value === 'no' && <ConnectionState />}
      {key.value !== '' && signIn.value === 'no' && (
        <button type="button" class="plain" onClick={signOut}>
          {t.value.signOut}
        </button>
      )}
      <button
        type="button"
        class="plain"
        lang={language.value === 'en' ? 'ja' : 'en'}
        title={t.value.otherLanguageName}
        onClick={() => speak(language.value === 'en' ? 'ja' : 'en')}
      >
        {t.value.otherLanguage}
      </button>
    </div>
  </header>
);

const ConnectionState = () => {
  const { state } = connection.value;
  return (
    <span class={`connection connection-${state}`} role="status">
      <span class="dot" aria-hidden="true" />
      {t.value.connection[state]}
    </span>
  );
};

// Not announced: the connection state says it once, and the age changes all the time.
const Lost = () => {
  const { state, since } = connection.value;
  if (state !== 'lost' || !loaded.value) return null;
  return <p class="banner">{t.value.lostBanner(ago(since, Math.max(now.value, since)))}</p>;
};
