import { describe, expect, it } from 'vitest';
import { container, containerId, hostOf, storeOf } from '../../test/fixtures/store-double.ts';
import { versionShownBy } from './store-version.ts';

const store = storeOf({ containers: [container('1')] });
const CONFIG = `/store/containers/${containerId('1')}/config.v2.json`;
const ENGINE_ID = { '/store/engine-id': '' };

const NETWORK_28 = { Bridge: '', HairpinMode: false, Networks: {} };
const NETWORK_29 = { SandboxID: '', Networks: {} };

function shown(config: unknown, more: Record<string, string> = {}): string | null {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  return versionShownBy(hostOf({ files: { [CONFIG]: text, ...more } }), store);
}

describe('versionShownBy', () => {
  it.each([
    ['20.10', { NetworkSettings: NETWORK_28 }, {}],
    ['23.0', { NetworkSettings: NETWORK_28 }, ENGINE_ID],
    ['27.5', { NetworkSettings: NETWORK_28, ImageManifest: null }, ENGINE_ID],
    ['28.5', { NetworkSettings: NETWORK_28, ImageManifest: null, ImagePlatform: {} }, ENGINE_ID],
    [null, { NetworkSettings: NETWORK_29, ImageManifest: null, ImagePlatform: {} }, ENGINE_ID],
  ])('sees %s in the members of a container’s record', (version, config, more) => {
    expect(shown(config, more)).toBe(version);
  });

  it.each(['', '[]', '{"NetworkSettings":null}', '{"NetworkSettings":7}'])(
    'sees nothing in a record of %j',
    (text) => {
      expect(shown(text, ENGINE_ID)).toBeNull();
    },
  );

  it('takes a whole root without containers and without engine-id for one of 20.10', () => {
    const made = Object.fromEntries(
      ['containers', 'volumes', 'tmp', 'runtimes'].map((name) => [`/store/${name}`, '']),
    );
    const empty = storeOf({});
    expect(versionShownBy(hostOf({ files: made }), empty)).toBe('20.10');
    expect(versionShownBy(hostOf({ files: { ...made, ...ENGINE_ID } }), empty)).toBeNull();
    expect(versionShownBy(hostOf(), empty)).toBeNull();
  });
});
