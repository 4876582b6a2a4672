/** Where a list by time goes on: the last row's instant as PostgreSQL writes it, which is exact to the microsecond, and its id. */
export interface TimeCursor {
  at: string;
  id: string;
}

export interface TimePage<Item> {
  items: Item[];
  next?: TimeCursor;
}

/** The page of rows of which one more than `limit` was asked for: with a cursor where there are more. `exact` is the row's `at::text`. */
export function timePage<Row extends { exact: string; id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): TimePage<Item> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map((row) => toItem(row)),
    ...(last ? { next: { at: last.exact, id: last.id } } : {}),
  };
}
