import type { ImagesReport } from '../model/reports.ts';
import type { MeasureContext } from './context.ts';
import { FindingList } from './findings.ts';
import type { MeterImage, MeterImages } from './meter.ts';
import { openMeters } from './meter.ts';
import { compareRows } from './order.ts';
import { notFound } from './resolve-name.ts';

/** What `measureImages` is to list. */
export interface ImagesOptions {
  /** References, full IDs or ID prefixes; absent or empty: those that `docker images` lists. */
  readonly names?: readonly string[] | undefined;
  /** Hidden intermediate images too, as `docker images -a`. */
  readonly all?: boolean | undefined;
}

/**
 * The images of all stores with the sizes that the engine gives them. Reads records only: no directory is walked.
 *
 * @throws WeighError NOT_FOUND or AMBIGUOUS for a name; USAGE for a wrong engine version.
 */
export async function measureImages(
  context: MeasureContext,
  options: ImagesOptions = {},
): Promise<ImagesReport> {
  const meters = await openMeters(context);
  const findings = new FindingList();
  const stores = meters.map((meter) => meter.images(findings, '/images'));
  const images = choose(stores, options)
    .map((image) => image.row)
    .sort((a, b) => compareRows(a.row, b.row));
  images.forEach(({ addFindings }, index) => addFindings(findings, `/images/${index}`));
  return {
    schema: 'weigh.images/1',
    ...findings.finish(),
    rules: meters.map((meter) => meter.used),
    images: images.map(({ row }) => row),
  };
}

function choose(stores: readonly MeterImages[], options: ImagesOptions): readonly MeterImage[] {
  const names = options.names ?? [];
  if (names.length === 0) {
    return stores.flatMap((images) => (options.all === true ? images.all : images.listed));
  }
  const chosen = new Set<MeterImage>();
  for (const name of names) {
    const found = stores.flatMap((images) => images.matching(name));
    if (found.length === 0) {
      const known = stores.flatMap((images) => images.names);
      throw notFound('image', name, stores.length, known);
    }
    for (const image of found) chosen.add(image);
  }
  return [...chosen];
}
