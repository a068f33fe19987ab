export type { Api } from '../api/contract.ts';
export type { Event, EventPage } from '../api/schemas/events.ts';
export type { Key } from '../api/schemas/keys.ts';
export type { TaskLogs } from '../api/schemas/logs.ts';
export type { Problem } from '../api/schemas/problem.ts';
export type { Project, ProjectList } from '../api/schemas/projects.ts';
export type { HistoryPoint, NewTask, Task, TaskList } from '../api/schemas/tasks.ts';
export type { Webhook } from '../api/schemas/webhooks.ts';
export type { Change, ChangesOptions } from './changes.ts';
export {
  type ClientOptions,
  type MiyabiClient,
  miyabiClient,
  type RawAnswer,
  type RawRequest,
  type RequestOptions,
} from './client.ts';
export { type ConnectOptions, connect, type Miyabi } from './connect.ts';
export { isHistoryPoint, isProject, isRecord, isTask, isWebhook } from './decode.ts';
export { InvalidIdError, MiyabiApiError, problemIn, refusal } from './error.ts';
export { readEvents, type ServerEvent } from './events.ts';
export { type Page, readPages } from './pages.ts';
export type { Report } from './reports.ts';
export { type RunningTask, type RunTask, TaskEndedError, type TaskOptions } from './task-run.ts';
