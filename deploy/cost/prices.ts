/** Dollars, us-east-1, list prices of November 2026 without taxes. A month has 730 hours. */
export const PRICES = {
  httpApiMillion: 1.0,
  lambdaMillion: 0.2,
  /** Of arm64. */
  lambdaGbSecond: 0.0000133334,
  dynamodbReadMillion: 0.125,
  dynamodbWriteMillion: 0.625,
  dynamodbGb: 0.25,
  dynamodbBackupGb: 0.2,
  /** Valkey, cache.t4g.micro. */
  cacheNodeHour: 0.0128,
  cacheServerlessGbHour: 0.084,
  cacheServerlessMillion: 0.0023,
  interfaceEndpointHour: 0.01,
  interfaceEndpointGb: 0.01,
  logsGb: 0.5,
  logsKeptGb: 0.03,
  alarmMetric: 0.1,
  customMetric: 0.3,
  dashboard: 3.0,
  kmsKey: 1.0,
  kmsTenThousand: 0.03,
  secret: 0.4,
  cloudfrontMillion: 1.0,
  cloudfrontGb: 0.085,
  crossZoneGb: 0.01,
} as const;

export const HOURS = 730;

/** The permanent free tier of each account, per month. Other systems in the account use it too. */
export const ALWAYS_FREE = {
  lambdaMillions: 1,
  lambdaGbSeconds: 400_000,
  dynamodbGb: 25,
  logsGb: 5,
  alarmMetrics: 10,
  customMetrics: 10,
  dashboards: 3,
  cloudfrontMillions: 10,
  cloudfrontGb: 1_000,
} as const;
