import { render } from 'preact';
import { App } from './app.tsx';
import { followLinks } from './router.ts';
import { startClock } from './state/clock.ts';
import { startSync } from './state/sync.ts';
import './style.css';

followLinks();
startClock();
startSync();
render(<App />, document.body);
