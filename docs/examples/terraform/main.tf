# Miyabi on AWS, without cache, network and dashboard. docs/infrastructure.md says how to use it.
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws    = { source = "hashicorp/aws", version = ">= 6.0" }
    random = { source = "hashicorp/random", version = ">= 3.5" }
  }
}

variable "artifacts" {
  description = "The folder that npm run build:lambda has filled"
  default     = "../../../dist/lambda"
}

variable "api_keys" {
  description = "Entries of API keys, as miyabi keys create prints them, with commas between"
  sensitive   = true
}

variable "retention_days" {
  default = 30
}

resource "aws_dynamodb_table" "tasks" {
  name                        = "miyabi-tasks"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  hash_key                    = "task_id"
  range_key                   = "timestamp"

  attribute {
    name = "task_id"
    type = "S"
  }

  attribute {
    name = "timestamp"
    type = "N"
  }

  attribute {
    name = "project_id"
    type = "S"
  }

  attribute {
    name = "status"
    type = "S"
  }

  attribute {
    name = "task_type"
    type = "S"
  }

  attribute {
    name = "parent_id"
    type = "S"
  }

  attribute {
    name = "uncounted"
    type = "S"
  }

  attribute {
    name = "updated_key"
    type = "S"
  }

  global_secondary_index {
    name               = "ProjectIndex"
    hash_key           = "project_id"
    range_key          = "updated_key"
    projection_type    = "INCLUDE"
    non_key_attributes = ["status", "task_type", "search_name", "label_marks"]
  }

  global_secondary_index {
    name               = "StatusIndex"
    hash_key           = "status"
    range_key          = "updated_key"
    projection_type    = "INCLUDE"
    non_key_attributes = ["project_id", "task_type", "search_name", "label_marks"]
  }

  global_secondary_index {
    name               = "TypeIndex"
    hash_key           = "task_type"
    range_key          = "updated_key"
    projection_type    = "INCLUDE"
    non_key_attributes = ["status", "project_id", "search_name", "label_marks"]
  }

  global_secondary_index {
    name               = "ParentIndex"
    hash_key           = "parent_id"
    range_key          = "updated_key"
    projection_type    = "INCLUDE"
    non_key_attributes = ["status", "project_id", "task_type", "search_name", "label_marks"]
  }

  global_secondary_index {
    name            = "UncountedIndex"
    hash_key        = "uncounted"
    range_key       = "updated_key"
    projection_type = "KEYS_ONLY"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_dynamodb_table" "projects" {
  name                        = "miyabi-projects"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  hash_key                    = "project_id"

  attribute {
    name = "project_id"
    type = "S"
  }

  attribute {
    name = "listing"
    type = "S"
  }

  global_secondary_index {
    name            = "ListIndex"
    hash_key        = "listing"
    range_key       = "project_id"
    projection_type = "KEYS_ONLY"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_dynamodb_table" "webhooks" {
  name                        = "miyabi-webhooks"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  hash_key                    = "owner"
  range_key                   = "item"

  attribute {
    name = "owner"
    type = "S"
  }

  attribute {
    name = "item"
    type = "S"
  }

  attribute {
    name = "queue"
    type = "S"
  }

  attribute {
    name = "due_at"
    type = "N"
  }

  global_secondary_index {
    name            = "DueIndex"
    hash_key        = "queue"
    range_key       = "due_at"
    projection_type = "KEYS_ONLY"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "cdk_deploy" {
  name              = "/miyabi/cdk-deploy"
  retention_in_days = var.retention_days
}

resource "aws_cloudwatch_log_group" "agents" {
  name              = "/miyabi/agents"
  retention_in_days = var.retention_days
}

resource "aws_cloudwatch_log_group" "system" {
  name              = "/miyabi/system"
  retention_in_days = var.retention_days
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/miyabi/access"
  retention_in_days = var.retention_days
}

resource "random_password" "secret" {
  length  = 64
  special = false
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "miyabi-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "api" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.system.arn}:*"]
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"]
    resources = [aws_dynamodb_table.tasks.arn]
  }

  statement {
    actions   = ["dynamodb:Query"]
    resources = ["${aws_dynamodb_table.tasks.arn}/index/*"]
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchGetItem"]
    resources = [aws_dynamodb_table.projects.arn]
  }

  statement {
    actions   = ["dynamodb:Query"]
    resources = ["${aws_dynamodb_table.projects.arn}/index/*"]
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
    resources = [aws_dynamodb_table.webhooks.arn]
  }

  statement {
    actions   = ["logs:FilterLogEvents", "logs:GetLogEvents"]
    resources = ["${aws_cloudwatch_log_group.cdk_deploy.arn}:*", "${aws_cloudwatch_log_group.agents.arn}:*"]
  }
}

resource "aws_iam_role" "api" {
  name               = "miyabi-api"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy" "api" {
  role   = aws_iam_role.api.id
  policy = data.aws_iam_policy_document.api.json
}

resource "aws_lambda_function" "api" {
  function_name    = "miyabi-api"
  role             = aws_iam_role.api.arn
  filename         = "${var.artifacts}/api.zip"
  source_code_hash = filebase64sha256("${var.artifacts}/api.zip")
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  handler          = "index.handler"
  memory_size      = 256
  timeout          = 25

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.system.name
  }

  environment {
    variables = {
      MIYABI_BACKEND          = "aws"
      CACHE                   = "none"
      FEED                    = "memory"
      POWERTOOLS_SERVICE_NAME = "miyabi-api"
      TASKS_TABLE_NAME        = aws_dynamodb_table.tasks.name
      PROJECTS_TABLE_NAME     = aws_dynamodb_table.projects.name
      WEBHOOKS_TABLE_NAME     = aws_dynamodb_table.webhooks.name
      CDK_LOG_GROUP           = aws_cloudwatch_log_group.cdk_deploy.name
      AGENTS_LOG_GROUP        = aws_cloudwatch_log_group.agents.name
      API_KEYS                = var.api_keys
      MIYABI_SECRET           = random_password.secret.result
    }
  }
}

data "aws_iam_policy_document" "collector" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.system.arn}:*"]
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"]
    resources = [aws_dynamodb_table.tasks.arn]
  }

  statement {
    actions   = ["dynamodb:Query"]
    resources = ["${aws_dynamodb_table.tasks.arn}/index/*"]
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [aws_dynamodb_table.projects.arn]
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.webhooks.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["project#*", "webhook#*"]
    }
  }

  statement {
    actions   = ["logs:FilterLogEvents"]
    resources = ["${aws_cloudwatch_log_group.cdk_deploy.arn}:*", "${aws_cloudwatch_log_group.agents.arn}:*"]
  }

  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }
}

resource "aws_iam_role" "collector" {
  name               = "miyabi-collector"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy" "collector" {
  role   = aws_iam_role.collector.id
  policy = data.aws_iam_policy_document.collector.json
}

resource "aws_lambda_function" "collector" {
  function_name    = "miyabi-collector"
  role             = aws_iam_role.collector.arn
  filename         = "${var.artifacts}/collector.zip"
  source_code_hash = filebase64sha256("${var.artifacts}/collector.zip")
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  handler          = "index.handler"
  memory_size      = 256
  timeout          = 55

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.system.name
  }

  environment {
    variables = {
      MIYABI_BACKEND          = "aws"
      CACHE                   = "none"
      FEED                    = "memory"
      POWERTOOLS_SERVICE_NAME = "miyabi-collector"
      TASKS_TABLE_NAME        = aws_dynamodb_table.tasks.name
      PROJECTS_TABLE_NAME     = aws_dynamodb_table.projects.name
      WEBHOOKS_TABLE_NAME     = aws_dynamodb_table.webhooks.name
      CDK_LOG_GROUP           = aws_cloudwatch_log_group.cdk_deploy.name
      AGENTS_LOG_GROUP        = aws_cloudwatch_log_group.agents.name
    }
  }
}

data "aws_iam_policy_document" "webhooks" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.system.arn}:*"]
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:BatchGetItem"]
    resources = [aws_dynamodb_table.tasks.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["lines#*"]
    }
  }

  statement {
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem"]
    resources = [aws_dynamodb_table.webhooks.arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["project#*", "webhook#*"]
    }
  }

  statement {
    actions   = ["dynamodb:Query"]
    resources = ["${aws_dynamodb_table.webhooks.arn}/index/*"]
  }

  statement {
    actions   = ["logs:GetLogEvents"]
    resources = ["${aws_cloudwatch_log_group.cdk_deploy.arn}:*", "${aws_cloudwatch_log_group.agents.arn}:*"]
  }
}

resource "aws_iam_role" "webhooks" {
  name               = "miyabi-webhooks"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy" "webhooks" {
  role   = aws_iam_role.webhooks.id
  policy = data.aws_iam_policy_document.webhooks.json
}

resource "aws_lambda_function" "webhooks" {
  function_name    = "miyabi-webhooks"
  role             = aws_iam_role.webhooks.arn
  filename         = "${var.artifacts}/webhooks.zip"
  source_code_hash = filebase64sha256("${var.artifacts}/webhooks.zip")
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  handler          = "index.handler"
  memory_size      = 256
  timeout          = 100

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.system.name
  }

  environment {
    variables = {
      MIYABI_BACKEND          = "aws"
      CACHE                   = "none"
      FEED                    = "memory"
      POWERTOOLS_SERVICE_NAME = "miyabi-webhooks"
      MIYABI_PRIME            = "none"
      TASKS_TABLE_NAME        = aws_dynamodb_table.tasks.name
      WEBHOOKS_TABLE_NAME     = aws_dynamodb_table.webhooks.name
      CDK_LOG_GROUP           = aws_cloudwatch_log_group.cdk_deploy.name
      AGENTS_LOG_GROUP        = aws_cloudwatch_log_group.agents.name
    }
  }
}

resource "aws_apigatewayv2_api" "miyabi" {
  name          = "miyabi"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "api" {
  api_id                 = aws_apigatewayv2_api.miyabi.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.api.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 29000
}

resource "aws_apigatewayv2_route" "everything" {
  api_id    = aws_apigatewayv2_api.miyabi.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.api.id}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.miyabi.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = 100
    throttling_burst_limit = 200
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      requestId = "$context.requestId"
      time      = "$context.requestTime"
      ip        = "$context.identity.sourceIp"
      method    = "$context.httpMethod"
      path      = "$context.path"
      status    = "$context.status"
      latency   = "$context.responseLatency"
    })
  }
}

resource "aws_lambda_permission" "gateway" {
  function_name = aws_lambda_function.api.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.miyabi.execution_arn}/*"
}

resource "aws_cloudwatch_event_rule" "every_minute" {
  name                = "miyabi-every-minute"
  schedule_expression = "rate(1 minute)"
}

resource "aws_lambda_function_event_invoke_config" "collector" {
  function_name                = aws_lambda_function.collector.function_name
  maximum_event_age_in_seconds = 3600
  maximum_retry_attempts       = 2

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letters.arn
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "webhooks" {
  function_name                = aws_lambda_function.webhooks.function_name
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
}

resource "aws_cloudwatch_event_target" "collector" {
  rule = aws_cloudwatch_event_rule.every_minute.name
  arn  = aws_lambda_function.collector.arn
}

resource "aws_lambda_permission" "collector_schedule" {
  function_name = aws_lambda_function.collector.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_minute.arn
}

resource "aws_cloudwatch_event_target" "webhooks" {
  rule = aws_cloudwatch_event_rule.every_minute.name
  arn  = aws_lambda_function.webhooks.arn
}

resource "aws_lambda_permission" "webhooks_schedule" {
  function_name = aws_lambda_function.webhooks.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_minute.arn
}

resource "aws_lambda_permission" "cdk_deploy" {
  function_name = aws_lambda_function.collector.function_name
  action        = "lambda:InvokeFunction"
  principal     = "logs.amazonaws.com"
  source_arn    = "${aws_cloudwatch_log_group.cdk_deploy.arn}:*"
}

resource "aws_cloudwatch_log_subscription_filter" "cdk_deploy" {
  name            = "miyabi-collector"
  log_group_name  = aws_cloudwatch_log_group.cdk_deploy.name
  destination_arn = aws_lambda_function.collector.arn
  filter_pattern  = ""
  depends_on      = [aws_lambda_permission.cdk_deploy]
}

resource "aws_lambda_permission" "agents" {
  function_name = aws_lambda_function.collector.function_name
  action        = "lambda:InvokeFunction"
  principal     = "logs.amazonaws.com"
  source_arn    = "${aws_cloudwatch_log_group.agents.arn}:*"
}

resource "aws_cloudwatch_log_subscription_filter" "agents" {
  name            = "miyabi-collector"
  log_group_name  = aws_cloudwatch_log_group.agents.name
  destination_arn = aws_lambda_function.collector.arn
  filter_pattern  = ""
  depends_on      = [aws_lambda_permission.agents]
}

output "api_url" {
  value = aws_apigatewayv2_api.miyabi.api_endpoint
}
