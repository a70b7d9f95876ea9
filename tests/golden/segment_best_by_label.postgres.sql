SELECT
  "t20"."customer_id"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t4"."customer_id",
      "t4"."contactable",
      "t4"."left_contact",
      "t4"."referrals",
      "t15"."events_0",
      "t17"."gaps_0",
      "t14"."orders_0",
      "t14"."orders_1",
      "t14"."orders_2"
    FROM (
      SELECT
        "t1"."customer_id",
        "t1"."contactable",
        "t1"."left_contact",
        "t1"."referrals"
      FROM "customers" AS "t1"
    ) AS "t4"
    LEFT OUTER JOIN (
      SELECT
        "t7"."customer_id",
        COUNT(*) FILTER(WHERE
          "t7"."kind" IN ('visited', 'clicked', 'answered', 'asked', 'coupon_redeemed')
          AND (
            COALESCE("t7"."verdict", 'person') <> 'machine'
          )) AS "events_0"
      FROM (
        SELECT
          *
        FROM "events" AS "t0"
        WHERE
          "t0"."customer_id" IS NOT NULL
          AND "t0"."occurred_on" <= MAKE_DATE(2024, 2, 29)
          AND "t0"."kind" IN ('visited', 'clicked', 'answered', 'asked', 'coupon_redeemed')
          AND COALESCE("t0"."verdict", 'person') <> 'machine'
      ) AS "t7"
      GROUP BY
        1
    ) AS "t15"
      ON "t4"."customer_id" = "t15"."customer_id"
    LEFT OUTER JOIN (
      SELECT
        "t13"."customer_id",
        CASE
          WHEN COUNT(*) >= 2
          THEN PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY
            "t13"."gap_days")
          ELSE CAST(NULL AS DOUBLE PRECISION)
        END AS "gaps_0"
      FROM (
        SELECT
          "t10"."customer_id",
          CAST(EXTRACT(epoch FROM CAST("t10"."occurred_on" AS TIMESTAMP) - CAST("t10"."before_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "gap_days"
        FROM (
          SELECT
            "t5"."customer_id",
            "t5"."occurred_on",
            LAG("t5"."occurred_on") OVER (
              PARTITION BY "t5"."customer_id"
              ORDER BY "t5"."occurred_on" ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) AS "before_on"
          FROM (
            SELECT DISTINCT
              "t2"."customer_id",
              "t2"."occurred_on"
            FROM "orders" AS "t2"
            WHERE
              "t2"."customer_id" IS NOT NULL
              AND "t2"."occurred_on" <= MAKE_DATE(2024, 2, 29)
              AND "t2"."kind" = 'sale'
          ) AS "t5"
        ) AS "t10"
        WHERE
          "t10"."before_on" IS NOT NULL
      ) AS "t13"
      GROUP BY
        1
    ) AS "t17"
      ON "t4"."customer_id" = "t17"."customer_id"
    LEFT OUTER JOIN (
      SELECT
        "t9"."customer_id",
        COUNT(DISTINCT "t9"."occurred_on") FILTER(WHERE
          "t9"."kind" = 'sale') AS "orders_0",
        MAX("t9"."occurred_on") FILTER(WHERE
          "t9"."kind" = 'sale') AS "orders_1",
        SUM("t9"."amount_minor") FILTER(WHERE
          "t9"."occurred_on" >= MAKE_DATE(2023, 3, 2)) AS "orders_2"
      FROM (
        SELECT
          *
        FROM "orders" AS "t2"
        WHERE
          "t2"."customer_id" IS NOT NULL
          AND "t2"."occurred_on" <= MAKE_DATE(2024, 2, 29)
          AND (
            (
              "t2"."kind" = 'sale'
            )
            OR (
              (
                "t2"."kind" = 'sale'
              ) OR (
                "t2"."occurred_on" >= MAKE_DATE(2023, 3, 2)
              )
            )
          )
      ) AS "t9"
      GROUP BY
        1
    ) AS "t14"
      ON "t4"."customer_id" = "t14"."customer_id"
  ) AS "t18"
  WHERE
    COALESCE("t18"."orders_0", 0) >= 2
    AND COALESCE(
      CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 2, 29) AS TIMESTAMP) - CAST("t18"."orders_1" AS TIMESTAMP)) / 86400 AS BIGINT),
      0
    ) < (
      COALESCE("t18"."gaps_0", 30.0) * 2
    )
    AND "t18"."orders_1" IS NOT NULL
    AND COALESCE(
      (
        1 + CAST(COALESCE("t18"."orders_2", 0) > 1000 AS BIGINT) + CAST(COALESCE("t18"."orders_2", 0) > 2000 AS BIGINT) + CAST(COALESCE("t18"."orders_2", 0) > 3000 AS BIGINT) + CAST(COALESCE("t18"."orders_2", 0) > 9000 AS BIGINT)
      ) >= 4,
      FALSE
    )
) AS "t20"
WHERE
  EXISTS(
    SELECT
      1
    FROM (
      SELECT
        "t0"."customer_id"
      FROM "events" AS "t0"
      WHERE
        "t0"."customer_id" IS NOT NULL
        AND "t0"."occurred_on" <= MAKE_DATE(2024, 2, 29)
        AND "t0"."kind" = 'clicked'
        AND COALESCE("t0"."verdict", 'person') <> 'machine'
        AND "t0"."occurred_on" >= MAKE_DATE(2024, 1, 31)
    ) AS "t8"
    WHERE
      "t20"."customer_id" = "t8"."customer_id"
  )
