/** An ID as Docker shows it: the first 12 hex digits, without `sha256:`. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

export function showId(id: string, noTrunc: boolean): string {
  return noTrunc ? id : shortId(id);
}

/** An image as a container names it: a bare digest is shortened like an ID. */
export function showImage(image: string, noTrunc: boolean): string {
  return /^(?:sha256:)?[0-9a-f]{64}$/.test(image) ? showId(image, noTrunc) : image;
}

/** `2024-05-01` of an RFC 3339 time; `-` where there is none. */
export function showDate(time: string | null): string {
  return time === null ? '-' : time.slice(0, 10);
}

const BARE_ID = /(?<![\w/])(?:sha256:)?[0-9a-f]{64}(?![\w/])/g;

/** A sentence with its IDs as Docker shows them. IDs that are part of a path stay whole, so that the path can be used. */
export function shortenIds(text: string, noTrunc: boolean): string {
  return noTrunc ? text : text.replace(BARE_ID, shortId);
}
