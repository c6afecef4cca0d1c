// Moving through a table by keyboard: arrow keys from row to row, Home and End to the ends; one row alone is in the tab order.

import type { KeyboardEvent } from 'react';

export function moveBetweenRows(event: KeyboardEvent<HTMLTableSectionElement>): void {
  if (!(event.target instanceof HTMLTableRowElement)) {
    return;
  }
  const row = event.target;
  const rows = event.currentTarget.rows;
  const goal = {
    ArrowDown: row.nextElementSibling,
    ArrowUp: row.previousElementSibling,
    Home: rows.item(0),
    End: rows.item(rows.length - 1),
  }[event.key];
  if (goal instanceof HTMLTableRowElement) {
    event.preventDefault();
    goal.focus();
  }
}
