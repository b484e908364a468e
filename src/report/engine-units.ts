// Sizes as Docker's command line prints them (docker/cli 20.10-29 with docker/go-units size.go HumanSize, CustomSize).

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'] as const;
/** Digits enough to write any double below 1000 exactly. */
const EXACT_DIGITS = 70;

/** `units.HumanSize`: four significant digits, no space. Negative values are never scaled, as in the original. */
export function engineSize(bytes: number, precision = 4): string {
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 1000 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return goGeneral(scaled, precision) + (UNITS[unit] ?? '');
}

/** RECLAIMABLE of `docker system df`: the size and the whole percent, cut off, where there is a total. */
export function engineReclaimable(bytes: number, total: number): string {
  if (total <= 0) return engineSize(bytes);
  const percent = (BigInt(bytes) * 100n) / BigInt(total);
  return `${engineSize(bytes)} (${String(percent)}%)`;
}

/** RECLAIMABLE of `podman system df`: the size and the percent, rounded half away from zero, 0 where there is no total. */
export function podmanReclaimable(bytes: number, total: number): string {
  const share = total > 0 ? (bytes / total) * 100 : 0;
  const percent = Math.sign(share) * Math.round(Math.abs(share));
  return `${engineSize(bytes)} (${String(percent)}%)`;
}

/** Go's `%.<precision>g`: ties of the exact binary value go to the even digit, trailing zeros go, exponents as `e+03`. */
export function goGeneral(value: number, precision: number): string {
  if (value === 0) return '0';
  const [digits, exponent] = roundedDigits(Math.abs(value), precision);
  const sign = value < 0 ? '-' : '';
  const trimmed = digits.replace(/0+$/, '');
  if (exponent < -4 || exponent >= precision) {
    const fraction = trimmed.length > 1 ? `.${trimmed.slice(1)}` : '';
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${trimmed.charAt(0)}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${trimmed}`;
  const whole = digits.slice(0, exponent + 1);
  const fraction = trimmed.slice(exponent + 1);
  return sign + whole + (fraction === '' ? '' : `.${fraction}`);
}

/** Exactly `precision` significant digits of a positive number and its decimal exponent, ties to even. */
function roundedDigits(value: number, precision: number): readonly [string, number] {
  const [mantissa = '', power = '0'] = value.toExponential(EXACT_DIGITS).split('e');
  const exact = mantissa.replace('.', '');
  const kept = exact.slice(0, precision);
  const rest = exact.slice(precision);
  const half = `5${'0'.repeat(rest.length - 1)}`;
  const up = rest > half || (rest === half && Number(kept.at(-1)) % 2 === 1);
  if (!up) return [kept, Number(power)];
  const raised = String(Number(kept) + 1);
  return raised.length > precision
    ? [raised.slice(0, precision), Number(power) + 1]
    : [raised.padStart(precision, '0'), Number(power)];
}
