"""moto with a CloudFormation that can carry the deployment scripts.

  moto-cloudformation.py PORT API_URL FAIL_FILE

moto's own resource models know few types and refuse properties of others. Here every resource is a stub: stacks, change
sets, termination protection, S3, SSM and STS are moto's, but no resource is created. API_URL is the `ApiEndpoint` of every
stub. While FAIL_FILE exists, the resource whose logical id starts with its content fails to be created or updated.
"""
import os
import sys

from moto.cloudformation import models, parsing, responses
from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.common_models import CloudFormationModel
from moto.core.responses import ActionResult
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from urllib.parse import urlparse
from werkzeug.serving import run_simple

PORT, API_URL, FAIL_FILE = int(sys.argv[1]), sys.argv[2], sys.argv[3]


class ResourceFailure(BaseException):
    """Not an Exception: moto retries an update that fails with one."""

    def __init__(self, logical_id, resource_type):
        super().__init__(logical_id)
        self.logical_id = logical_id
        self.resource_type = resource_type


class Executing:
    """The stack whose change set is being executed: outside of that, moto creates resources when it lists them."""

    stack = None


def fail_if_asked(logical_id, resource_type):
    if Executing.stack is not None and os.path.exists(FAIL_FILE):
        with open(FAIL_FILE) as file:
            if logical_id.startswith(file.read().strip()):
                raise ResourceFailure(logical_id, resource_type)


class Stub(CloudFormationModel):
    """A resource in name only."""

    # moto files every model under the service in its module's name.
    __module__ = "moto.stub.models"

    def __init__(self, name):
        self.name = name

    @property
    def physical_resource_id(self):
        return self.name

    @staticmethod
    def is_created():
        return True

    @classmethod
    def has_cfn_attr(cls, attr):
        return True

    def get_cfn_attribute(self, attr):
        if attr == "ApiEndpoint":
            return API_URL
        if attr.endswith("Arn"):
            return f"arn:aws:stub:eu-west-1:123456789012:{self.name}"
        return f"{self.name}-{attr}"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        fail_if_asked(kwargs["LogicalId"], kwargs["ResourceType"])
        return cls(resource_name)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        fail_if_asked(original_resource.logical_resource_id, cloudformation_json["Type"])
        updated = cls(original_resource.name)
        updated.__dict__.update(original_resource.__dict__)
        return updated

    def delete(self, account_id, region):
        pass


# The CDK uploads to the bootstrap stack's bucket and reads its parameter, so these exist.
real_class = parsing.resource_class_from_type
REAL = {"AWS::S3::Bucket", "AWS::SSM::Parameter", "AWS::IAM::Role", "AWS::ECR::Repository"}


def class_of(resource_type):
    return real_class(resource_type) if resource_type in REAL and Executing.stack == "CDKToolkit" else Stub


parsing.resource_class_from_type = class_of


def template_at(template_url, account_id, partition):
    """The CDK's template URLs have the bucket in their path, whatever the host."""
    bucket, key = urlparse(template_url).path.lstrip("/").split("/", 1)
    return s3_backends[account_id][partition].get_object(bucket, key).value.decode()


responses.get_stack_from_s3_url = template_at



class ChangeSetNotFound(CloudFormationError):
    code = "ChangeSetNotFound"


describe = models.CloudFormationBackend.describe_change_set


def describe_change_set(self, change_set_name):
    """The CDK waits for this error after it has deleted a change set; moto's own reads like a missing stack."""
    try:
        return describe(self, change_set_name)
    except ValidationError:
        raise ChangeSetNotFound(f"ChangeSet [{change_set_name}] does not exist")


models.CloudFormationBackend.describe_change_set = describe_change_set

parse_ssm = parsing.ResourceMap.parse_ssm_parameter


def parse_ssm_parameter(self, value, value_type):
    """An update that keeps a parameter's value hands over the value itself, not the name of the SSM parameter."""
    return parse_ssm(self, value, value_type) if value.startswith("/") else value


parsing.ResourceMap.parse_ssm_parameter = parse_ssm_parameter

create_set = models.CloudFormationBackend.create_change_set


def create_change_set(self, stack_name, change_set_name, *args, **kwargs):
    """AWS refuses to update what a failed creation left; moto's own fails, and the CDK asks again for a minute."""
    for stack in self.stacks.values():
        if stack.name == stack_name and stack.status == "ROLLBACK_COMPLETE":
            raise ValidationError(message=f"Stack:{stack.stack_id} is in ROLLBACK_COMPLETE state and can not be updated.")
    return create_set(self, stack_name, change_set_name, *args, **kwargs)


models.CloudFormationBackend.create_change_set = create_change_set


def delete_change_set(self, change_set_name):
    """Deleting what is not there is no error, as on AWS. moto keeps the sets of deleted stacks, under the same name."""
    for key, one in list(self.change_sets.items()):
        if change_set_name in (key, one.change_set_name):
            del self.change_sets[key]


models.CloudFormationBackend.delete_change_set = delete_change_set

execute = models.CloudFormationBackend.execute_change_set


def execute_change_set(self, change_set_name, stack_name=None):
    change_set = self.describe_change_set(change_set_name)
    stack = self.stacks[change_set.stack_id]
    Executing.stack = stack.name
    try:
        execute(self, change_set_name, stack_name)
        stack._parse_template()
        stack.output_map = stack._create_output_map()
    except ResourceFailure as failure:
        kind = "CREATE" if change_set.change_set_type == "CREATE" else "UPDATE"
        rollback = "ROLLBACK" if kind == "CREATE" else "UPDATE_ROLLBACK"
        stack.events.append(
            models.Event(
                stack.stack_id, stack.name, failure.logical_id, failure.logical_id, failure.resource_type,
                f"{kind}_FAILED", "Failed on purpose", None,
            )
        )
        stack._add_stack_event(f"{rollback}_IN_PROGRESS", f"The following resource(s) failed: [{failure.logical_id}].")
        stack._add_stack_event(f"{rollback}_COMPLETE")
        stack.status = f"{rollback}_COMPLETE"
    finally:
        Executing.stack = None


models.CloudFormationBackend.execute_change_set = execute_change_set

delete = models.CloudFormationBackend.delete_stack


def delete_stack(self, name_or_stack_id):
    stack = self.get_stack(name_or_stack_id)
    if stack.enable_termination_protection:
        raise ValidationError(message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    return delete(self, name_or_stack_id)


models.CloudFormationBackend.delete_stack = delete_stack


def update_termination_protection(self):
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    stack.enable_termination_protection = self._get_bool_param("EnableTerminationProtection")
    return ActionResult({"StackId": stack.stack_id})


responses.CloudFormationResponse.update_termination_protection = update_termination_protection

# The CDK looks there for the reason of a failure, and asks for half a minute if moto says that it cannot.
CloudTrailResponse.lookup_events = lambda self: ActionResult({"Events": []})

# Threads would make its writes race; the scripts ask one thing at a time.
run_simple("127.0.0.1", PORT, DomainDispatcherApplication(create_backend_app), threaded=False)
