import type { ContainerModuleLoadOptions, ServiceIdentifier } from 'inversify';
import { type Bound, TOKENS } from './tokens.ts';

/**
 * Binds a service to a factory that takes one record. The names say both what the container resolves and under which
 * name the factory gets it, so a missing or mismatched one fails to compile.
 */
export const providerOf =
  (bind: ContainerModuleLoadOptions['bind']) =>
  <Name extends keyof Bound, Needed extends keyof Bound>(
    name: Name,
    make: (needed: Pick<Bound, NoInfer<Needed>>) => Bound[Name],
    needs: readonly Needed[],
  ): void => {
    // The compiler does not see that a token and its value belong together, but `TOKENS` is declared so.
    bind<Bound[Name]>(TOKENS[name] as ServiceIdentifier<Bound[Name]>).toResolvedValue(
      (...values: unknown[]) =>
        // `needs` names exactly these values, in this order.
        make(Object.fromEntries(needs.map((need, index) => [need, values[index]])) as Pick<Bound, Needed>),
      needs.map((need) => TOKENS[need]),
    );
  };
