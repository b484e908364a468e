import type { Amount, Bound } from '../model/finding.ts';

/** How byte counts are written: `21.3 GB` (powers of 1000), `19.8 GiB` (powers of 1024) or `21,300,000,000`. */
export type UnitStyle = 'decimal' | 'binary' | 'bytes';

const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** A byte count for a person: one decimal and a space before the unit; below one kilobyte, or raw, the exact number. */
export function formatBytes(bytes: number, style: UnitStyle): string {
  if (style === 'bytes') return formatCount(bytes);
  const base = style === 'decimal' ? 1000 : 1024;
  const units = style === 'decimal' ? DECIMAL : BINARY;
  let scaled = Math.abs(bytes);
  let unit = 0;
  // 999,950 would round to "1000.0 kB": it goes up to "1.0 MB".
  while (unit < units.length - 1 && (unit === 0 ? scaled : Number(scaled.toFixed(1))) >= base) {
    scaled /= base;
    unit += 1;
  }
  const sign = bytes < 0 ? '-' : '';
  return `${sign}${unit === 0 ? String(scaled) : scaled.toFixed(1)} ${units[unit] ?? ''}`;
}

/** A whole number with a comma between thousands, whatever the locale of the host is. */
export function formatCount(value: number): string {
  const sign = value < 0 ? '-' : '';
  return sign + String(Math.abs(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

const BOUND_SIGN: Readonly<Record<Bound, string>> = { 'at-least': '>= ', 'at-most': '<= ', unknown: '~ ' };

/** A number with its bound in front of it; `?` where there is no number. */
export function formatAmount(amount: Amount, style: UnitStyle): string {
  if (amount.bytes === null) return '?';
  const sign = amount.bound === undefined ? '' : BOUND_SIGN[amount.bound];
  return sign + formatBytes(amount.bytes, style);
}

/** `41 %`; never rounds a part that is not all up to 100 %, nor one that is not nothing down to 0 %. */
export function formatPercent(part: number, whole: number): string {
  if (whole <= 0) return '0 %';
  const percent = Math.round((part / whole) * 100);
  if (percent >= 100 && part < whole) return '99 %';
  if (percent <= 0 && part > 0) return '1 %';
  return `${String(percent)} %`;
}

/** `1 image`, `14 images`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
