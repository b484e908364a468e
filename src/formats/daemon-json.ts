/** What of dockerd's configuration file (`daemon.json`) says where and how it stores. */
import { flagAt, objectAt, parseRecord, textAt } from './json.ts';
import type { Malformed } from './malformed.ts';

export interface DaemonConfig {
  /** `data-root`, formerly `graph`; '' when not set. */
  readonly dataRoot: string;
  /** `storage-driver`; '' when not set. */
  readonly storageDriver: string;
  /** `features.containerd-snapshotter`: images are kept by containerd. */
  readonly containerdSnapshotter: boolean;
}

export function parseDaemonConfig(bytes: Buffer): DaemonConfig | Malformed {
  return parseRecord(bytes, (record) => {
    const features = objectAt(record, 'features');
    return {
      dataRoot: textAt(record, 'data-root') || textAt(record, 'graph'),
      storageDriver: textAt(record, 'storage-driver'),
      containerdSnapshotter: features !== null && flagAt(features, 'containerd-snapshotter'),
    };
  });
}
