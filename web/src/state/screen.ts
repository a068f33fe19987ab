import { signal } from '@preact/signals';

// The width below which the style sheet uses no columns.
const query = matchMedia('(max-width: 56rem)');

export const isNarrow = signal(query.matches);
query.addEventListener('change', () => {
  isNarrow.value = query.matches;
});
