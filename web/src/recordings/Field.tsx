// A control with its name above it. The control itself carries the name for those who hear the page (aria-label).

import type { ReactNode } from 'react';

interface FieldProps {
  readonly name: string;
  readonly help?: string;
  readonly children: ReactNode;
}

export function Field({ name, help, children }: FieldProps) {
  return (
    <span className="field" title={help}>
      <span aria-hidden="true">{name}</span>
      {children}
    </span>
  );
}
