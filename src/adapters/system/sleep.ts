import { setTimeout } from 'node:timers/promises';
import type { Sleep } from '../../ports/sleep.ts';

export const systemSleep = (): Sleep => (ms) => setTimeout(ms);
