import { computed, signal } from '@preact/signals';

const BASE = import.meta.env.BASE_URL.replace(/\/$/, '');

export type Route =
  | Readonly<{ name: 'overview' }>
  | Readonly<{ name: 'task'; id: string }>
  | Readonly<{ name: 'project'; id: string }>
  | Readonly<{ name: 'nowhere' }>;

const here = () => ({ path: location.pathname, search: location.search });
const place = signal(here());

export const route = computed<Route>(() => routeOf(place.value.path));

export const search = computed(() => new URLSearchParams(place.value.search));

const routeOf = (path: string): Route => {
  const [kind, id, ...rest] = path.slice(BASE.length).split('/').filter(Boolean);
  if (kind === undefined) return { name: 'overview' };
  if (rest.length > 0 || id === undefined) return { name: 'nowhere' };
  if (kind === 'tasks') return { name: 'task', id: decoded(id) };
  if (kind === 'projects') return { name: 'project', id: decoded(id) };
  return { name: 'nowhere' };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

export const overviewPath = `${BASE}/`;
export const taskPath = (id: string): string => `${BASE}/tasks/${encodeURIComponent(id)}`;
export const projectPath = (id: string): string => `${BASE}/projects/${encodeURIComponent(id)}`;

/** Goes to an address of this page. `replace` adds no entry to the history, for typed text. */
export const go = (url: string, { replace = false } = {}): void => {
  if (replace) history.replaceState(history.state, '', url);
  else {
    history.pushState(null, '', url);
    scrollTo(0, 0);
  }
  place.value = here();
};

/** State that is kept with an entry of the browser's history, so that going back shows a page as it was. */
export const kept = (name: string): unknown => {
  const state: unknown = history.state;
  return typeof state === 'object' && state !== null ? Reflect.get(state, name) : undefined;
};

export const keep = (name: string, value: unknown): void =>
  history.replaceState({ ...history.state, [name]: value }, '');

/** Follows links and the browser's buttons without reloading the page. */
export const followLinks = (): void => {
  addEventListener('popstate', () => {
    place.value = here();
  });
  addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.origin !== location.origin) return;
    if (!link.pathname.startsWith(`${BASE}/`) || routeOf(link.pathname).name === 'nowhere') return;
    if (link.hash !== '' && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.href);
  });
};
