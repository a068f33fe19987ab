/** Percentages and ratios that are not progress. */
const MEASURE =
  /\b(?:cpus?|gpus?|memory|mem|ram|heap|swap|disks?|volumes?|partition|filesystem|inodes?|storage|quota|usage|used|unused|utili[sz]ation|utili[sz]ed|load(?: average)?|battery|charged?|coverage|covered|capacity|occupancy|saturation|scores?|scored|grades?|ratings?|rated|ranks?|ranked|stars?|ratios?|rates?|accuracy|precision|recall|f1|auc|loss|losses|probability|confidence|certainty|similarity|chances?|odds|likelihood|discounts?|off|tax|vat|interest|inflation|margins?|profit|revenue|growth|returns?|yield|opacity|quality|brightness|contrast|humidity|zoom|scale|thresholds?|limits?|percentiles?|quantiles?|hits?|miss(?:es)?|free|available|availability|uptime|sla|slo|budget|increase[ds]?|decrease[ds]?|reduc(?:ed?|tion|ing)|faster|slower|smaller|larger|bigger|savings?|compression|dedup\w*|replicas?|pods?|nodes?|ready|healthy|unhealthy|online|offline|attempts?|retry|retries|retrying|tries|try|splits?|votes?|approved?|approval|signal|snr|traffic|weights?|canary|sampling|sampled|temperature|fan|version|release|alcohol|abv|cotton|fat|interface|port|slots?|channel|room|apartment|apt|suite|grep|ipv[46]|subnet|cidr|vlan|tcp|udp|ssl|tls)\b/i;

/** The letters before a number, close enough to say what it is of. */
const REACH = 48;

/** Whether a number is part of a measurement, a ratio or a name rather than of progress. */
export const isMeasure = (before: string, after: string): boolean =>
  MEASURE.test(before.slice(-REACH)) || MEASURE.test(nextWords(after));

/** The two words after a number. */
const nextWords = (after: string): string =>
  /^[^\p{L}\n]{0,8}(?:[\p{L}\d]{1,24}[^\p{L}\n]{0,3}){0,2}/u.exec(after.slice(0, REACH))?.[0] ?? '';
