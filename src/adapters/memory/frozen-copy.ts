/** A deep, frozen copy of plain data: it can be shared without risk. */
export const frozenCopy = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value;
  const copy: object = Array.isArray(value) ? [...value] : { ...value };
  for (const [key, inner] of Object.entries(copy))
    if (typeof inner === 'object') Reflect.set(copy, key, frozenCopy(inner));
  // A copy has the type of what it is of.
  return Object.freeze(copy) as T;
};
