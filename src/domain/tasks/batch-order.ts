/** The ids in an item of a batch, if it has any. */
export type BatchItem = Readonly<{ task_id?: string | undefined; parent_id?: string | undefined }>;

/**
 * For each item of a batch, the indexes of the earlier items that must be created first: its parent, and the latest
 * item with the same id, so that the first of two wins. Items that depend on none can be created in parallel.
 */
export const itemsBefore = (items: readonly BatchItem[]): readonly (readonly number[])[] => {
  const latest = new Map<string, number>();
  return items.map(({ task_id, parent_id }, index) => {
    const before = [task_id, parent_id].flatMap((id) => (id === undefined ? [] : (latest.get(id) ?? [])));
    if (task_id !== undefined) latest.set(task_id, index);
    return [...new Set(before)];
  });
};
