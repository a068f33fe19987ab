import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { followLinks, route, search } from './router.ts';
import { startClock } from './state/clock.ts';
import { wantNothing } from './state/store.ts';
import { startSync } from './state/sync.ts';
import { startWatching } from './state/watch.ts';
import { startTitle } from './title.ts';
import './style.css';

followLinks();
startClock();
startTitle();
startWatching();
effect(() => {
  route.value;
  search.value;
  wantNothing();
});
startSync();
render(<App />, document.body);
