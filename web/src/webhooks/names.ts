/** Names of products, the same in every language. */
export const FORMAT_NAMES: Readonly<Record<string, string>> = {
  slack: 'Slack',
  teams: 'Teams',
  discord: 'Discord',
};
