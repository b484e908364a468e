import { describe, expect, it } from 'vitest';
import {
  containerId,
  contextOf,
  driversOf,
  layer,
  noAnswer,
  rwLayer,
  sizeAnswer,
  storeOf,
} from '../../test/fixtures/store-double.ts';
import type { StoreParts } from '../../test/fixtures/store-double.ts';
import type { DiffSize } from '../drivers/driver.ts';
import { getContainerLayerSize } from './container-size.ts';
import type { ContainerLayerSize } from './container-size.ts';

// Three layers of 100, 20 and 3 bytes: an image of 123 bytes.
const layers = [layer('a', null, 100), layer('b', 'a', 20), layer('c', 'b', 3)];

function sizeOf(parts: StoreParts, answers: Record<string, DiffSize>): Promise<ContainerLayerSize> {
  const store = storeOf({ layers, ...parts });
  return getContainerLayerSize(
    store,
    containerId('1'),
    contextOf([store], { driverFor: driversOf(answers) }),
  );
}

function sumOf(steps: ContainerLayerSize['steps']['sizeRw']): number {
  return steps.reduce((total, step) => total + (step.bytes ?? 0), 0);
}

describe('getContainerLayerSize', () => {
  it('compares the mount with its init layer and adds the recorded sizes of the chain', async () => {
    const size = await sizeOf({ rwLayers: [rwLayer('1', 'c')] }, { 'mount-1 < mount-1-init': sizeAnswer(7) });
    expect(size).toMatchObject({
      sizeRw: 7,
      sizeRootFs: 130,
      bounds: {},
      mountRecord: 'present',
      path: 'native',
    });
    expect(sumOf(size.steps.sizeRw)).toBe(7);
    expect(sumOf(size.steps.sizeRootFs)).toBe(130);
  });

  it("compares with the image's top layer where there is no init layer", async () => {
    const size = await sizeOf(
      { rwLayers: [rwLayer('1', 'b', false)] },
      { 'mount-1 < cache-b': sizeAnswer(7) },
    );
    expect(size).toMatchObject({ sizeRw: 7, sizeRootFs: 127 });
  });

  it('answers 0 and 0 for a container without a mount record and says why', async () => {
    const size = await sizeOf({}, {});
    expect(size).toMatchObject({ sizeRw: 0, sizeRootFs: 0, mountRecord: 'missing', path: 'none' });
    expect(size.reason).toContain('layerdb/mounts');
    expect(size.problems.map((problem) => problem.kind)).toEqual(['missing-record']);
  });

  it('leaves sizeRootFs at 0 without image layers, whatever was written', async () => {
    const size = await sizeOf({ rwLayers: [rwLayer('1', null, false)] }, { 'mount-1 < ': sizeAnswer(7) });
    expect(size).toMatchObject({ sizeRw: 7, sizeRootFs: 0 });
    expect(sumOf(size.steps.sizeRootFs)).toBe(0);
  });

  it("answers -1 where the driver fails and keeps the image's sum", async () => {
    const size = await sizeOf(
      { rwLayers: [rwLayer('1', 'c')] },
      { 'mount-1 < mount-1-init': noAnswer('engine-fails', 'diff is not there') },
    );
    expect(size).toMatchObject({ sizeRw: -1, sizeRootFs: 123, bounds: {}, reason: 'diff is not there' });
    expect(sumOf(size.steps.sizeRootFs)).toBe(123);
  });

  it('knows no more than the image where the driver may not read', async () => {
    const size = await sizeOf(
      { rwLayers: [rwLayer('1', 'c')] },
      { 'mount-1 < mount-1-init': noAnswer('unknown', 'permission denied') },
    );
    expect(size).toMatchObject({
      sizeRw: null,
      sizeRootFs: 123,
      bounds: { sizeRw: 'unknown', sizeRootFs: 'at-least' },
    });
  });

  it("hands a driver's bound on to both numbers", async () => {
    const size = await sizeOf(
      { rwLayers: [rwLayer('1', 'c')] },
      { 'mount-1 < mount-1-init': sizeAnswer(7, { bound: 'at-most' }) },
    );
    expect(size.bounds).toEqual({ sizeRw: 'at-most', sizeRootFs: 'at-most' });
  });

  it('stops when it is interrupted', async () => {
    const store = storeOf({ layers, rwLayers: [rwLayer('1', 'c')] });
    const context = contextOf([store], { signal: AbortSignal.abort() });
    await expect(getContainerLayerSize(store, containerId('1'), context)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});
