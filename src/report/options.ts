import type { UnitStyle } from './units.ts';

/** How a report is written for a person. */
export interface TextOptions {
  readonly units: UnitStyle;
  /** Columns of the screen: 80 when piped. */
  readonly width: number;
  /** Names and IDs whole, however wide the table gets. */
  readonly noTrunc: boolean;
  /** Without notes and hints. Bounds are always told. */
  readonly quiet: boolean;
}

/** The width that tables may use: none when nothing may be shortened. */
export function tableWidth(options: TextOptions): number | undefined {
  return options.noTrunc ? undefined : options.width;
}
