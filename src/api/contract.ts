import type { Answer, Body, ParamsOf, Route, Schema } from './route.ts';
import type { ROUTES } from './routes.ts';

type Groups = typeof ROUTES;
type AnyRoute = { [Group in keyof Groups]: Groups[Group][keyof Groups[Group]] }[keyof Groups];

/** Every route by its method and path, e.g. `GET /api/tasks/{task_id}`, with its input and answers. */
export type Api = {
  [R in AnyRoute as `${R['method']} ${R['path']}`]: { input: Input<R>; answer: AnswerOf<R> };
};

type Named<Name extends string, T> = [T] extends [undefined]
  ? unknown
  : Partial<T> extends T
    ? { [N in Name]?: T | undefined }
    : { [N in Name]: T };

type Input<R extends Route> = Named<'path', PathOf<R['path']>> &
  Named<'query', Frozen<QueryOf<R>>> &
  Frozen<BodyOf<R>>;

type PathOf<Path extends string> = [ParamsOf<Path>] extends [never]
  ? undefined
  : { [Name in ParamsOf<Path>]: string };

/** A parameter as text of the query, or as its parsed value. */
type QueryOf<R> = R extends { query?: Schema<infer In, infer Out> }
  ? [In] extends [undefined]
    ? undefined
    : { [Name in keyof In]?: In[Name] | (Name extends keyof Out ? Out[Name] : never) | undefined }
  : undefined;

type BodyOf<R> = R extends { body?: Body<infer In, unknown> }
  ? [In] extends [undefined]
    ? unknown
    : Partial<In> extends In
      ? { body?: In | undefined }
      : { body: In }
  : unknown;

/** Input of clients is read-only. */
type Frozen<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Frozen<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Frozen<T[K]> }
      : T;

type Success<Status> = `${Status & number}` extends `2${string}` | '304' ? Status : never;

type AnswerOf<R extends Route> = {
  [Status in keyof R['answers']]: Status extends Success<Status>
    ? R['answers'][Status] extends Answer<infer Out>
      ? Out
      : never
    : never;
}[keyof R['answers']];
