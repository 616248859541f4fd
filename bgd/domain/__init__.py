"""Values and rules. No I/O, no clock, no logging; nothing imported from the layers above."""
