/** Whether an Accept header leaves any of these media types; errors come as problem documents whatever it says. */
export const acceptsAny = (accept: string | undefined, types: readonly string[]): boolean => {
  if (accept === undefined || accept.trim() === '') return true;
  const ranges = accept.split(',').map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return { name, refused };
  });
  return types.some((type) => {
    // The most specific range that fits decides.
    const fitting = [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*'].map((name) =>
      ranges.find((range) => range.name === name),
    );
    return fitting.find((range) => range !== undefined)?.refused === false;
  });
};
