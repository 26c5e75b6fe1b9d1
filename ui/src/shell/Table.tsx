import type { ReactNode } from "react";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand to the right, so that their digits can be compared. */
  readonly isNumber?: boolean;
  /** It names its row. */
  readonly isName?: boolean;
  /** The title is for screen readers only: the cells speak for themselves. */
  readonly isUntitled?: boolean;
  readonly className?: string;
}

/** A table of one row an item. Its last row, where there is one, sums the others up. */
export function Table<Row>({
  className,
  columns,
  rows,
  keyOf,
  marksOf,
  caption,
  total,
}: {
  className: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** What a row is, as `data-…` attributes for the style sheet. */
  marksOf?: (row: Row) => Readonly<Record<`data-${string}`, boolean>>;
  caption?: ReactNode;
  /** The cells of the last row, one a column. */
  total?: readonly ReactNode[];
}) {
  return (
    <table className={className}>
      {caption !== undefined && <caption>{caption}</caption>}
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} scope="col" className={classOf(column)}>
              {column.isUntitled ? (
                <span className="visually-hidden">{column.title}</span>
              ) : (
                column.title
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} {...marksOf?.(row)}>
            {columns.map((column) => (
              <Cell key={column.title} column={column}>
                {column.cell(row)}
              </Cell>
            ))}
          </tr>
        ))}
      </tbody>
      {total !== undefined && (
        <tfoot>
          <tr>
            {columns.map((column, index) => (
              <Cell key={column.title} column={column}>
                {total[index]}
              </Cell>
            ))}
          </tr>
        </tfoot>
      )}
    </table>
  );
}

/** A table that may be wider than the screen: it scrolls by itself, also by keyboard. */
export function TableFrame({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it no key could scroll it
    <section className="table-scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

function Cell<Row>({ column, children }: { column: Column<Row>; children: ReactNode }) {
  const className = classOf(column);
  return column.isName ? (
    <th scope="row" className={className}>
      {children}
    </th>
  ) : (
    <td className={className}>{children}</td>
  );
}

function classOf<Row>({ isNumber, className }: Column<Row>): string | undefined {
  const names = [isNumber ? "number" : "", className ?? ""].filter((name) => name !== "");
  return names.length > 0 ? names.join(" ") : undefined;
}
