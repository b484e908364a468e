import type {
  ContainersReport,
  DfReport,
  ExplainReport,
  HostReport,
  ImagesReport,
} from '../model/reports.ts';
import { containersText } from './containers.ts';
import { dfText } from './df.ts';
import { explainText } from './explain.ts';
import { hostText } from './host.ts';
import { imagesText } from './images.ts';
import type { TextOptions } from './options.ts';
import type { Line } from './text.ts';

export type AnyReport = ContainersReport | ImagesReport | DfReport | ExplainReport | HostReport;

/** Any report as lines for a person. `details` is `df -v`. */
export function reportText(report: AnyReport, options: TextOptions, details = false): Line[] {
  if (report.schema === 'weigh.containers/1') return containersText(report, options);
  if (report.schema === 'weigh.images/1') return imagesText(report, options);
  if (report.schema === 'weigh.df/1') return dfText(report, options, details);
  if (report.schema === 'weigh.explain/1') return explainText(report, options);
  return hostText(report, options);
}
