// What the Java client uses of a library that no registry of ours has: enough to compile, not to run.
package javax.annotation;

public @interface Generated {
  String[] value();

  String comments() default "";
}
