// What the Java client uses of a library that no registry of ours has: enough to compile, not to run.
package org.openapitools.jackson.nullable;

public class JsonNullableModule extends com.fasterxml.jackson.databind.module.SimpleModule {
}
